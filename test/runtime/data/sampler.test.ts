import { describe, expect, test } from 'vitest'
import type { ImageKey } from '../../../runtime/data/augment/augmenter.ts'
import { type Batch, batches } from '../../../runtime/data/batches.ts'
import type { Dataset } from '../../../runtime/data/dataset.ts'
import { FACE_BYTES, FACE_SIZE } from '../../../runtime/data/image.ts'
import { createSampler, replicaRows } from '../../../runtime/data/sampler.ts'
import { fold, purpose, rootKey, threefry } from '../../../runtime/random.ts'
import { oneProcess, type World } from '../../../runtime/world.ts'

const spec = { seed: 2048, images: 50, globalBatch: 8, flip: 0.5 }

describe('createSampler', () => {
  test('an epoch shows no picture twice and drops the incomplete batch', () => {
    const sampler = createSampler(spec)
    expect(sampler.stepsPerEpoch).toBe(6)
    const shown = Array.from({ length: 6 }, (_, step) => [...sampler.at(step).samples]).flat()
    expect(new Set(shown).size).toBe(48)
    expect(Math.max(...shown)).toBeLessThan(50)
  })

  test('epochs and seeds have orders of their own; the same step is always the same', () => {
    const sampler = createSampler(spec)
    const first = [...sampler.at(0).samples]
    expect([...sampler.at(6).samples]).not.toEqual(first)
    expect(sampler.at(6).epoch).toBe(1)
    expect([...sampler.at(0).samples]).toEqual(first)
    expect([...createSampler(spec).at(0).samples]).toEqual(first)
    expect([...createSampler({ ...spec, seed: 1 }).at(0).samples]).not.toEqual(first)
  })

  test('mirroring belongs to (seed, epoch, picture), is fair, and can be off', () => {
    const flips = (globalBatch: number) => {
      const sampler = createSampler({ ...spec, images: 4000, globalBatch })
      const found = new Map<number, number>()
      for (let step = 0; step < sampler.stepsPerEpoch; step++) {
        const { samples, flip } = sampler.at(step)
        for (const [i, sample] of samples.entries()) found.set(sample, flip[i] ?? -1)
      }
      return found
    }
    const small = flips(8)
    expect(flips(400)).toEqual(small)
    const share = [...small.values()].reduce((sum, f) => sum + f, 0) / 4000
    expect(Math.abs(share - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 4000))
    expect(
      createSampler({ ...spec, flip: 0 })
        .at(0)
        .flip.every((f) => f === 0),
    ).toBe(true)
  })

  test('half of the images are those whose last bit is set, and other fractions are exact too', () => {
    const flipped = (flip: number) => [
      ...createSampler({ ...spec, images: 20000, globalBatch: 20000, flip }).at(0).flip,
    ]
    const key = fold(fold(rootKey(spec.seed), purpose.flip), 0)
    const { samples } = createSampler({ ...spec, images: 20000, globalBatch: 20000 }).at(0)
    expect(flipped(0.5)).toEqual([...samples].map((sample) => threefry(key, sample, 0)[0] & 1))
    for (const flip of [0, 0.01, 0.3, 0.9, 1]) {
      const share = flipped(flip).reduce((sum, f) => sum + f, 0) / 20000
      expect(Math.abs(share - flip)).toBeLessThanOrEqual(5 * Math.sqrt((flip * (1 - flip)) / 20000))
    }
  })

  test('a batch larger than the data set is a mistake with advice', () => {
    expect(() => createSampler({ ...spec, globalBatch: 51 })).toThrow(expect.objectContaining({ code: 'ARC6208' }))
  })

  test('replicas share the rows', () => {
    expect([0, 1, 2, 3].map((r) => replicaRows(8, 4, r))).toEqual([
      [0, 2],
      [2, 4],
      [4, 6],
      [6, 8],
    ])
  })
})

/** Picture i is filled with i; `wait` reads are asynchronous, `fail` is the picture that cannot be read. */
function fakeDataset(wait: boolean, fail = -1): Dataset & { reads: number } {
  return {
    name: 'fake',
    shape: [FACE_SIZE, FACE_SIZE, 3],
    images: 50,
    classes: 5,
    reads: 0,
    label: (i) => i % 5,
    read(i, out, offset) {
      this.reads++
      if (i === fail) return Promise.reject(new Error(`picture ${i}`))
      const fill = () => void out.fill(i, offset, offset + FACE_BYTES)
      return wait ? new Promise<void>((resolve) => setImmediate(resolve)).then(fill) : fill()
    },
    dispose: () => undefined,
  }
}

async function collect(
  dataset: Dataset,
  replicas: number,
  from: number,
  to: number,
  world: World = oneProcess(replicas),
): Promise<Batch[]> {
  const found: Batch[] = []
  const options = { world, from, to }
  for await (const batch of batches(dataset, createSampler(spec), options)) found.push(batch)
  return found
}

const contents = (batch: Batch) => ({
  step: batch.step,
  pictures: batch.replicas.flatMap((r) => [...r.labels].map((_, i) => r.images[i * FACE_BYTES])),
  labels: batch.replicas.flatMap((r) => [...r.labels]),
  flip: batch.replicas.flatMap((r) => [...r.flip]),
})

describe('batches', () => {
  test.each([false, true])('the same rows for 1, 2 and 4 replicas (reads wait: %s)', async (wait) => {
    const one = (await collect(fakeDataset(wait), 1, 0, 8)).map(contents)
    expect(one.map((batch) => batch.step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    for (const batch of one) expect(batch.labels).toEqual(batch.pictures.map((picture) => (picture ?? 0) % 5))
    for (const replicas of [2, 4]) expect((await collect(fakeDataset(wait), replicas, 0, 8)).map(contents)).toEqual(one)
  })

  test('start at any step, and feed the devices of one process', async () => {
    const all = await collect(fakeDataset(true), 4, 0, 9)
    expect((await collect(fakeDataset(true), 4, 7, 9)).map(contents)).toEqual(all.slice(7).map(contents))
    const part = await collect(fakeDataset(true), 4, 0, 9, { size: 4, local: 2, rank: 1 })
    const localRows = (batch: Batch) => ({ ...batch, replicas: batch.replicas.slice(2) })
    expect(part.map(contents)).toEqual(all.map(localRows).map(contents))
  })

  test('augment each image by its number and epoch, whichever device has it', async () => {
    const seen: string[] = []
    const augment = {
      seed: 9,
      apply(pixels: Uint8Array, { seed, epoch, image }: ImageKey) {
        expect(pixels.length).toBe(FACE_BYTES)
        seen.push(`${seed} ${epoch} ${image} ${pixels[0]}`)
        pixels.fill(99)
      },
    }
    const sampler = createSampler(spec)
    for await (const batch of batches(fakeDataset(true), sampler, { world: oneProcess(2), from: 5, to: 7, augment }))
      for (const { images } of batch.replicas) expect(images.every((level) => level === 99)).toBe(true)
    const wanted = [5, 6].flatMap((step) => {
      const { epoch, samples } = sampler.at(step)
      return [...samples].map((sample) => `9 ${epoch} ${sample} ${sample % 256}`)
    })
    expect(seen).toEqual(wanted)
  })

  test('a picture that cannot be read throws at its step, after the steps before it', async () => {
    const sampler = createSampler(spec)
    const bad = sampler.at(2).samples[3] ?? 0
    const steps: number[] = []
    const run = async () => {
      for await (const batch of batches(fakeDataset(true, bad), sampler, { world: oneProcess(1), from: 0, to: 6 }))
        steps.push(batch.step)
    }
    await expect(run()).rejects.toThrow(`picture ${bad}`)
    expect(steps).toEqual([0, 1])
  })

  test('reads two steps ahead of a slow caller and stops when the caller does', async () => {
    const dataset = fakeDataset(false)
    for await (const batch of batches(dataset, createSampler(spec), { world: oneProcess(1), from: 0, to: 100 })) {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
      expect(dataset.reads).toBe((batch.step + 3) * 8)
      if (batch.step === 3) break
    }
    const after = dataset.reads
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(dataset.reads).toBe(after)
  })
})
