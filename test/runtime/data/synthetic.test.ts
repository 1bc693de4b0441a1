import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { contactSheet, encodePng } from '../../../bench/paste-pictures.ts'
import { decodeImage } from '../../../runtime/data/decode-image.ts'
import { openCollection } from '../../../runtime/data/formats/data-formats.ts'
import { FACE_BYTES } from '../../../runtime/data/image.ts'
import { createDataset } from '../../../runtime/data/select/selected-pictures.ts'
import { splitCollection } from '../../../runtime/data/select/selection.ts'
import { drawIdentity } from '../../../runtime/data/synthetic/identity.ts'
import { renderFace } from '../../../runtime/data/synthetic.ts'
import { dataSpec } from '../../helpers/data-spec.ts'

const face = (identity: number, sample: number, nuisance = 0.6, seed = 1) =>
  renderFace({ seed, identity, sample, nuisance }).data

function distance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2
  return sum / a.length
}

/** The best accuracy of a single threshold on equally many same and different pairs. */
function bestAccuracy(same: number[], different: number[]): number {
  const all = [...same.map((d) => ({ d, s: 1 })), ...different.map((d) => ({ d, s: 0 }))].sort((a, b) => a.d - b.d)
  let right = different.length
  let best = right
  for (const { s } of all) {
    right += s === 1 ? 1 : -1
    best = Math.max(best, right)
  }
  return best / all.length
}

describe('renderFace', () => {
  test('equal requests give equal bytes, and these bytes', () => {
    const digest = createHash('sha256')
    for (let identity = 0; identity < 6; identity++) digest.update(face(identity, identity))
    expect(face(3, 1)).toEqual(face(3, 1))
    // Changes only when synthetic data is changed on purpose.
    expect(digest.digest('hex').slice(0, 16)).toMatchInlineSnapshot(`"f576b94d96382d31"`)
  })

  test('seed, person, picture and nuisance each change the picture', () => {
    const base = face(1, 1)
    for (const other of [face(2, 1), face(1, 2), face(1, 1, 0.3), face(1, 1, 0.6, 2)]) {
      expect(distance(base, other)).toBeGreaterThan(100)
    }
  })

  test('any size', () => {
    for (const size of [16, 64, 200]) {
      expect(renderFace({ seed: 1, identity: 1, sample: 1, nuisance: 1, size }).data.length).toBe(size * size * 3)
    }
  })

  test('pixels hardly tell people apart at nuisance 0.7', () => {
    const people = 60
    const accuracy = (nuisance: number) => {
      const pictures = Array.from({ length: people }, (_, p) => [face(p, 0, nuisance), face(p, 1, nuisance)] as const)
      const at = (p: number) => pictures[p % people] ?? ([new Uint8Array(0), new Uint8Array(0)] as const)
      const same = pictures.map(([a, b]) => distance(a, b))
      const different = pictures.map(([a], p) => distance(a, at(p + 1)[1]))
      return bestAccuracy(same, different)
    }
    expect(accuracy(0.7)).toBeLessThan(0.75)
  })
})

test('people differ: no two of 2000 share all their choices and nearly their numbers', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 2000; i++) {
    const { head, eyes, hair, glasses, beard, skin } = drawIdentity(1, i)
    const numbers = [head.width, head.taper, eyes.spacing, eyes.y, skin[0]].map((x) => x.toFixed(2))
    seen.add([hair.style, glasses.style, beard.style, ...numbers].join(' '))
  }
  expect(seen.size).toBe(2000)
})

test('the data set has every picture with its label, and reads the same twice', async () => {
  const spec = dataSpec({ format: 'synthetic', identities: 3, perIdentity: 2, holdout: 1, seed: 5, nuisance: 0.5 })
  const { train } = splitCollection(openCollection(spec), 1)
  const dataset = createDataset(train, [112, 112, 3])
  expect(dataset).toMatchObject({ classes: 3, images: 6 })
  const out = new Uint8Array(FACE_BYTES)
  for (const i of [0, 1, 5, 5, 0]) {
    await dataset.read(i, out, 0)
    expect(out).toEqual(face(Math.floor(i / 2), i % 2, 0.5, 5))
    expect(dataset.label(i)).toBe(Math.floor(i / 2))
  }
})

test('a contact sheet is a PNG with every picture in its place', async () => {
  const rows = [0, 1].map((p) =>
    [0, 1, 2].map((s) => renderFace({ seed: 1, identity: p, sample: s, nuisance: 0.5, size: 16 })),
  )
  const sheet = await decodeImage(await encodePng(contactSheet(rows)), 'sheet')
  expect(sheet).toMatchObject({ width: 3 * 18 - 2, height: 2 * 18 - 2 })
  const raw = { raw: { width: sheet.width, height: sheet.height, channels: 3 as const } }
  const cell = await sharp(sheet.data, raw).extract({ left: 36, top: 18, width: 16, height: 16 }).raw().toBuffer()
  expect(new Uint8Array(cell)).toEqual(rows[1]?.[2]?.data)
})
