import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { countDataset } from '../../../../cli/host/count-dataset.ts'
import { createCollections, openCollection } from '../../../../runtime/data/formats/data-formats.ts'
import { heldOutPairs } from '../../../../runtime/data/select/held-out-pairs.ts'
import { type Selection, splitCollection } from '../../../../runtime/data/select/selection.ts'
import { dataSpec } from '../../../helpers/data-spec.ts'
import { anError } from '../../../helpers/facts.ts'
import { readRows } from '../../../helpers/read-rows.ts'
import { pgm, pictureRecord, writeRecords } from '../../../helpers/record-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const base = temporaryFolder()

/** Five people with three pictures each; the level encodes person and picture. */
const folder = join(base, 'folder')
for (let person = 0; person < 5; person++) {
  mkdirSync(join(folder, `p${person}`), { recursive: true })
  for (let i = 0; i < 3; i++) writeFileSync(join(folder, `p${person}`, `${i}.pgm`), pgm(10 * person + i))
}

const levels = Array.from({ length: 15 }, (_, i) => 10 * Math.floor(i / 3) + (i % 3))
const record = (level: number) => pictureRecord(Math.floor(level / 10), level)
const sorted = writeRecords(join(base, 'sorted'), { records: levels.map(record) })
/** The same in an order in which people take turns. */
const mixed = writeRecords(join(base, 'mixed'), {
  records: levels.toSorted((a, b) => (a % 10) - (b % 10) || a - b).map(record),
})

const specs = {
  folder: dataSpec({ format: 'folder', path: folder }),
  'packed in order': dataSpec({ format: 'recordio', path: sorted }),
  'packed in another order': dataSpec({ format: 'recordio', path: mixed }),
} as const
const cases = Object.entries(specs)

/** Label and level of each picture. */
async function contents(images: Selection): Promise<string[]> {
  const rows = await readRows(images, Array(images.images).keys())
  return rows.map((row, i) => `${images.label(i)}:${row[0]}`)
}

describe.each(cases)('a %s', (_, spec) => {
  test.each([0, 1, 3])('holds %i people out', async (holdout) => {
    const { train, heldOut } = splitCollection(openCollection(spec), holdout)
    expect(train).toMatchObject({ classes: 5 - holdout, images: 3 * (5 - holdout) })
    const kept = await contents(train)
    expect(kept.toSorted()).toEqual(levels.slice(0, train.images).map((level) => `${Math.floor(level / 10)}:${level}`))
    if (holdout === 0) expect(heldOut).toBeUndefined()
    else {
      expect(heldOut).toMatchObject({ classes: holdout, images: 3 * holdout })
      expect(heldOut && (await contents(heldOut)).toSorted()).toEqual(
        levels.slice(train.images).map((level) => `${Math.floor(level / 10) - 5 + holdout}:${level}`),
      )
    }
  })

  test('is counted for the plan as it is loaded', () => {
    for (const holdout of [0, 2]) {
      const counted = countDataset({ ...spec, holdout }, createCollections())
      const { train } = splitCollection(openCollection(spec), holdout)
      expect(counted).toEqual({ identities: train.classes, images: train.images })
    }
    const fault = countDataset({ ...spec, holdout: 5 }, createCollections())
    expect(fault).toMatchObject({ fault: expect.stringContaining('cannot hold out 5 of the 5 people') })
  })

  test('has pairs of held-out people only', async () => {
    const { heldOut } = splitCollection(openCollection(spec), 2)
    const set = heldOut && heldOutPairs(heldOut, 4, 1)
    const rows = set === undefined ? [] : await readRows(set, set.pairs)
    for (let p = 0; p < 8; p++) {
      const [a, b] = [rows[2 * p]?.[0] ?? 0, rows[2 * p + 1]?.[0] ?? 0]
      expect(Math.min(a, b)).toBeGreaterThanOrEqual(30)
      expect(Math.floor(a / 10) === Math.floor(b / 10)).toBe(set?.same[p] === 1)
    }
    expect(() => heldOut && heldOutPairs(heldOut, 7, 1)).toThrow(anError('ARC6207'))
  })

  test('is read the same in parallel', async () => {
    const { train } = splitCollection(openCollection(spec), 0)
    const rows = await readRows(train, levels.keys(), [2, 2, 3])
    expect(rows.map((row) => row[0]).toSorted()).toEqual(levels.toSorted())
  })

  test('is listed once for plan and run', () => {
    const collections = createCollections()
    expect(collections.find(spec)).toBe(collections.open({ ...spec }))
    expect(collections.open({ ...spec, firstLabel: 0, holdout: 1 })).not.toBe(collections.find(spec))
  })
})

test('the sizes and channels of the network', async () => {
  const color = join(base, 'color')
  for (const name of ['a', 'b']) {
    mkdirSync(join(color, name), { recursive: true })
    writeFileSync(
      join(color, name, '1.ppm'),
      Buffer.concat([Buffer.from('P6 2 1 255\n'), Buffer.of(255, 0, 0, 10, 200, 90)]),
    )
  }
  const { train } = splitCollection(openCollection(dataSpec({ format: 'folder', path: color })), 0)
  const read = async (shape: readonly [number, number, number]) => [...((await readRows(train, [0], shape))[0] ?? [])]
  expect(await read([1, 2, 3])).toEqual([255, 0, 0, 10, 200, 90])
  // Pillow: Image.new('RGB', (1, 1), (255, 0, 0)).convert('L') is 76, and 131 for (10, 200, 90).
  expect(await read([1, 2, 1])).toEqual([76, 131])
  expect(await read([2, 2, 1])).toEqual([76, 131, 76, 131])
  expect(await read([1, 1, 3])).toEqual([133, 100, 45])
})

test('drawn people have the shape of the network', async () => {
  const { train } = splitCollection(openCollection(dataSpec({ format: 'synthetic', identities: 2, perIdentity: 1 })), 0)
  for (const shape of [
    [128, 128, 3],
    [112, 96, 1],
  ] as const) {
    const [row] = await readRows(train, [1], shape)
    expect(row?.length).toBe(shape[0] * shape[1] * shape[2])
    expect(new Set(row).size).toBeGreaterThan(50)
  }
})

test('what is not on this computer has no counts', () => {
  const collections = createCollections()
  const count = (spec: typeof specs.folder) => countDataset(spec, collections)
  expect(count(dataSpec({ path: join(base, 'nowhere') }))).toBeUndefined()
  expect(count(dataSpec({ root: { path: folder, pending: 'env("FACES")' } }))).toBeUndefined()
})
