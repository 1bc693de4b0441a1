/** What an augmenter's changes depend on, and how often they happen. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { AugmentOp } from '../../../../compiler/plan/plan.ts'
import { createAugmenter } from '../../../../runtime/data/augment/augmenter.ts'
import { generateKernels } from '../../../../runtime/data/generate-kernels.ts'
import { augmented, everyOp, picture, sizes } from './pixels.ts'

const size = { height: 40, width: 36, channels: 3 }
const pixels = picture(size)

test('each kernels.gen.ts is what `npm run kernels` writes', async () => {
  for (const { path, text } of await generateKernels()) expect(readFileSync(path, 'utf8'), path).toBe(text)
})

describe.each(everyOp.map((op) => [`${op.op}${'resize' in op ? ` (resize: ${op.resize})` : ''}`, op] as const))(
  '%s',
  (_, op) => {
    test('depends on seed, epoch and image, and on nothing else', () => {
      const augment = createAugmenter({ flip: 0, ops: [op] }, size)
      const run = (seed: number, epoch: number, image: number) => {
        const copy = pixels.slice()
        augment(copy, { seed, epoch, image })
        return copy
      }
      const first = run(7, 3, 11)
      for (let image = 0; image < 20; image++) run(1, 0, image)
      expect(run(7, 3, 11)).toEqual(first)
      expect(augmented([op], size, pixels, 11, 3, 7)).toEqual(first)
      // `gray` is the same for all images; several draws of the others must differ.
      const different = [run(8, 3, 11), run(7, 4, 11), run(7, 3, 12), run(7, 3, 13)].filter(
        (other) => Buffer.compare(other, first) !== 0,
      )
      if (op.op === 'gray') expect(different).toEqual([])
      else expect(different.length).toBeGreaterThan(1)
    })

    test('writes the image and nothing around it, for every size', () => {
      for (const other of sizes) {
        const length = other.height * other.width * other.channels
        const batch = new Uint8Array(length + 64).fill(77)
        batch.set(picture(other), 32)
        const augment = createAugmenter({ flip: 0, ops: [op] }, other)
        for (let image = 0; image < 5; image++) augment(batch.subarray(32, 32 + length), { seed: 1, epoch: 0, image })
        expect([...batch.subarray(0, 32), ...batch.subarray(32 + length)]).toEqual(Array(64).fill(77))
      }
    })

    test('changes the given fraction of the images', () => {
      const { op: name, ...rest } = op
      const rare = { ...rest, op: name, probability: 0.3 } as AugmentOp
      const small = { height: 16, width: 16, channels: 3 }
      const image = picture(small)
      const augment = createAugmenter({ flip: 0, ops: [rare] }, small)
      const images = 4000
      let changed = 0
      for (let i = 0; i < images; i++) {
        const copy = image.slice()
        augment(copy, { seed: 1, epoch: 0, image: i })
        if (Buffer.compare(copy, image) !== 0) changed++
      }
      // Four standard deviations; a few draws leave an image as it is, such as a crop of all of it.
      expect(changed / images).toBeGreaterThan(0.3 * 0.93 - 4 * Math.sqrt((0.3 * 0.7) / images))
      expect(changed / images).toBeLessThan(0.3 + 4 * Math.sqrt((0.3 * 0.7) / images))
    })
  },
)

test('the same augmentation twice draws twice', () => {
  const hole: AugmentOp = { op: 'cutout', probability: 1, area: [0.05, 0.05], ratio: 1, fill: 0 }
  const once = augmented([hole], size, pixels)
  const twice = augmented([hole, hole], size, pixels)
  const blackOf = (image: Uint8Array) => image.filter((level) => level === 0).length
  expect(blackOf(twice)).toBeGreaterThan(blackOf(once))
})

test('an empty list leaves images as they are', () => {
  expect(augmented([], size, pixels)).toEqual(pixels)
})

test('all of them together, for every size', () => {
  for (const other of sizes) {
    const image = picture(other)
    for (let i = 0; i < 5; i++) {
      const once = augmented(everyOp, other, image, i)
      expect(augmented(everyOp, other, image, i)).toEqual(once)
    }
  }
})
