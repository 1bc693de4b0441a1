import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { openRecordSet } from '../../../../runtime/data/recordio/record-set.ts'
import { ArccError } from '../../../../runtime/errors.ts'
import { anError } from '../../../helpers/facts.ts'
import {
  headerOf,
  indexOf,
  partOf,
  pictureRecord,
  type RecordFiles,
  rangeRecord,
  writeRecords,
} from '../../../helpers/record-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const base = temporaryFolder()
let made = 0

const write = (files: RecordFiles) => writeRecords(join(base, `set-${made++}`), files)

const open = (root: string, more: { declared?: number; firstLabel?: number } = {}) =>
  openRecordSet({ root, declared: more.declared, firstLabel: more.firstLabel ?? 0 })

/** Class and gray level of every picture. */
function contents(root: string, more: Parameters<typeof open>[1] = {}): string {
  const collection = open(root, more)
  const images = openImages(collection.recipe)
  const found = Array.from(
    { length: collection.images },
    (_, i) => `${collection.label(i)}:${(images.read(i) as Uint8Array).at(-1)}`,
  )
  images.close()
  return `${collection.classes} classes ${found.join(' ')}`
}

/** The faults of a set, a line each. */
function faults(root: string, more: Parameters<typeof open>[1] = {}): string {
  try {
    open(root, more)
  } catch (error) {
    if (error instanceof ArccError && error.code === 'ARC6240') return [error.params.faults].flat().join('\n')
    throw error
  }
  return 'none'
}

const six = [0, 0, 1, 1, 2, 2].map((label, i) => pictureRecord(label, 10 + i))
const sixContents = '3 classes 0:10 0:11 1:12 1:13 2:14 2:15'

describe('sets that are read', () => {
  const announced = [rangeRecord(7, 10), ...six, rangeRecord(1, 3), rangeRecord(3, 5), rangeRecord(5, 7)]
  test.each<[string, RecordFiles, Parameters<typeof open>[1]?]>([
    ['as InsightFace packs it', { records: announced, property: '3,112,112' }],
    ['without identity records', { records: announced.slice(0, 7), property: '3,112,112' }],
    ['identity records under other keys', { records: announced, keys: [0, 1, 2, 3, 4, 5, 6, 8, 9, 10], property: '3' }],
    ['announced, without property', { records: announced }],
    [
      'record 0 not first in the file',
      { records: [...announced.slice(1), ...announced.slice(0, 1)], keys: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0] },
    ],
    ['as im2rec packs it', { records: six }],
    ['keys from 1', { records: six, keys: [1, 2, 3, 4, 5, 6], property: '3,112,112' }],
    ['keys with gaps, in another order', { records: six.toReversed(), keys: [90, 70, 33, 20, 8, 4] }],
    ['without an index', { records: six, index: null }],
    ['announced, without an index', { records: announced, index: null }],
    ['another name', { records: six, name: 'mydata' }],
    [
      'labels from 1, declared',
      { records: [1, 1, 2, 2, 3, 3].map((label, i) => pictureRecord(label, 10 + i)), property: '3' },
      { firstLabel: 1 },
    ],
    [
      'labels from 1, not stated',
      { records: [1, 1, 2, 2, 3, 3].map((label, i) => pictureRecord(label, 10 + i)) },
      { firstLabel: 1 },
    ],
    ['one label behind the header', { records: [0, 0, 1, 1, 2, 2].map((label, i) => pictureRecord([label], 10 + i)) }],
    ['several labels', { records: [0, 0, 1, 1, 2, 2].map((label, i) => pictureRecord([label, 7, 0.5], 10 + i)) }],
    [
      'record 0 is a picture with two labels',
      { records: [0, 0, 1, 1, 2, 2].map((label, i) => pictureRecord([label, 0], 10 + i)) },
    ],
    ['classes declared', { records: six }, { declared: 3 }],
  ])('%s', (_, files, more) => {
    expect(contents(write(files), more)).toBe(sixContents)
  })

  test('by the name of the file, and with others beside it', () => {
    const root = write({ records: six, name: 'faces' })
    writeRecords(root, { records: six.slice(0, 2), name: 'val' })
    expect(contents(join(root, 'faces.rec'))).toBe(sixContents)
    expect(() => open(root)).toThrow(anError('ARC6242', { seen: expect.stringContaining('faces.rec, val.rec') }))
    writeRecords(root, { records: six })
    expect(contents(root)).toBe(sixContents)
    expect(open(root).leftOut).toEqual([{ what: 'faces.rec, val.rec', count: 2, examples: ['faces.rec', 'val.rec'] }])
  })

  test('several parts of one set, in the order of their numbers', () => {
    const root = join(base, 'parts')
    for (const [number, from] of [
      [2, 0],
      [10, 2],
      [11, 4],
    ] as const) {
      writeRecords(root, { records: six.slice(from, from + 2), name: `train_${number}` })
    }
    expect(contents(root)).toBe(sixContents)
    expect(openImages(open(root).recipe).nameOf(3)).toMatch(/train_10\.rec at byte \d+$/)
  })

  test('a record in parts', () => {
    const magic = Buffer.from([0x0a, 0x23, 0xd7, 0xce])
    const payload = Buffer.concat([headerOf(1), Buffer.from('P5 '), Buffer.from(' '), magic, Buffer.from([99])])
    const cut = payload.indexOf(magic)
    const split = [partOf(1, payload.subarray(0, cut)), partOf(3, payload.subarray(cut + 4))]
    const root = write({ records: [pictureRecord(0, 9), Buffer.concat(split)] })
    expect(contents(root)).toBe('2 classes 0:9 1:99')
    rmSync(join(root, 'train.idx'))
    expect(contents(root)).toBe('2 classes 0:9 1:99')
  })

  test('classes without a picture are reported', () => {
    expect(open(write({ records: six, property: '6' })).leftOut.map(({ what }) => what)).toEqual([
      '3 classes without a picture',
    ])
    const holes = [0, 2, 3].map((label) => pictureRecord(label))
    expect(open(write({ records: holes })).leftOut).toEqual([
      { what: 'class 1, which has no picture', count: 1, examples: ['1'] },
    ])
  })
})

describe('faults', () => {
  const labelled = (...labels: number[]) => labels.map((label) => pictureRecord(label))
  test.each<[string, RecordFiles, string, Parameters<typeof open>[1]?]>([
    [
      'labels from 1',
      { records: labelled(1, 2, 3), property: '3' },
      'labels are expected to be 0 … 2 for the 3 classes of property, but they begin at 1 and end at 3 (record 2 of train.rec): set first_label: 1 in the data set',
    ],
    [
      'labels from 1, number of classes unknown',
      { records: labelled(1, 2, 3) },
      'labels begin at 1, so that one class has no picture: set first_label: 1 in the data set, or declare its identities',
    ],
    [
      'a label that is too large',
      { records: labelled(0, 1, 9), property: '3' },
      'labels must be 0 … 2 for the 3 classes of property, but record 2 of train.rec has label 9',
    ],
    [
      'a negative label',
      { records: labelled(0, -1, 1), property: '3' },
      'labels must be 0 … 2 for the 3 classes of property, but record 1 of train.rec has label -1',
    ],
    [
      'a first label that is wrong',
      { records: labelled(0, 1, 2), property: '3' },
      'labels must be 1 … 3 for the 3 classes of property, but record 0 of train.rec has label 0',
      { firstLabel: 1 },
    ],
    [
      'one label for all',
      { records: labelled(0, 0, 0), property: '3' },
      'all pictures have label 0: there is nothing to tell apart',
    ],
    [
      'labels that are not whole',
      { records: labelled(0, 0.5, Number.NaN, 1), property: '2' },
      'train.rec has 2 labels that are no whole number: 0.5 of record 1, NaN of record 2',
    ],
    [
      'a record without a picture',
      { records: [...labelled(0, 1), partOf(0, headerOf(1))], property: '2' },
      'train.rec has 1 record without a picture: 2',
    ],
    [
      'a header that is too long',
      { records: [...labelled(0, 1), partOf(0, headerOf([1, 2]).fill(255, 0, 4))], property: '2' },
      'train.rec has 1 damaged record: record 2 at byte 96 (a header announces 4294967295 labels in a record of 32 bytes)',
    ],
    [
      'a number of classes that is out of all proportion',
      { records: labelled(0, 2 ** 30) },
      'its labels give 1073741825 classes for 2 pictures: is it damaged?',
    ],
    [
      'two keys at one place',
      { records: labelled(0, 0, 1, 1), index: '0\t0\n1\t0\n2\t96\n3\t144\n', property: '2' },
      'train.idx has 1 record at the place of the record before (1): remove train.idx, and the records are found in train.rec',
    ],
    ['no records', { records: [], property: '2' }, 'train.idx has no records; copy it again'],
    [
      'a property that is none',
      { records: labelled(0, 1), property: '<html>' },
      'property does not begin with the number of classes, as in "85742,112,112", but with "<html>"; correct or remove it',
    ],
    [
      'an index that lacks pictures',
      { records: [rangeRecord(5, 7), ...labelled(0, 0, 1, 1)], keys: [0, 1, 2, 4, 6], property: '2' },
      'train.idx lacks 1 record of the 4 that record 0 announces: 3; copy it again, or remove it: the records are then found in the .rec file',
    ],
  ])('%s', (_, files, expected, more) => {
    expect(faults(write(files), more).split('\n')[0]).toBe(expected)
  })

  test('a file that was cut short', () => {
    const root = write({ records: six, property: '3' })
    writeFileSync(join(root, 'train.rec'), Buffer.concat(six).subarray(0, 150))
    expect(faults(root)).toBe(
      [
        'train.rec ends at byte 150, before 2 records of train.idx (4, 5): it was cut short, or the two come from different packings; copy both again',
        'train.rec has 1 damaged record: record 3 at byte 144 (a record is expected here, but the file ends at 150)',
      ].join('\n'),
    )
  })

  test('an index that ends before the file: a part of the set, or a fault if it ends within a line', () => {
    const part = indexOf(six.slice(0, 4))
    const what = 'the records of train.rec from byte 192 on, which train.idx does not list'
    expect(open(write({ records: six, index: part })).leftOut[0]?.what).toBe(what)
    expect(faults(write({ records: six, index: part.slice(0, -1) }))).toBe(
      'train.idx ends within a line, and train.rec has more records from byte 192 on; copy both again',
    )
  })

  test('many at once', () => {
    const root = write({
      records: [...labelled(0, 7, Number.NaN), partOf(0, headerOf(1))],
      index: '0\t0\n1\t48\nx\n2\t96\n3\t144\n3\t144\n4\t150\n',
      property: '2',
    })
    expect(faults(root).split('\n')).toHaveLength(6)
  })
})

describe('no set', () => {
  test('one level too high', () => {
    mkdirSync(join(base, 'above'))
    writeRecords(join(base, 'above', 'train'), { records: six })
    const fix = `did you mean ${join(base, 'above', 'train')}?`
    expect(() => open(join(base, 'above'))).toThrow(anError('ARC6242', { seen: 'train', fix }))
  })

  test('only the index', () => {
    const root = write({ records: six })
    rmSync(join(root, 'train.rec'))
    expect(() => open(root)).toThrow(
      anError('ARC6242', { seen: 'train.idx', fix: expect.stringContaining('only the index') }),
    )
  })

  test('nothing there', () => {
    expect(() => open(join(base, 'nowhere'))).toThrow(anError('ARC6206'))
  })
})

const orl = fileURLToPath(new URL('../../../../../shared/data/orl_recordio', import.meta.url))
test.skipIf(!existsSync(orl))('a set that MXNet wrote: people 1 to 30 of ORL (skipped where it is missing)', () => {
  const check = (root: string) => {
    const collection = open(root)
    expect(collection).toMatchObject({ images: 300, classes: 30, leftOut: [] })
    const labels = Array.from({ length: 300 }, (_, i) => collection.label(i))
    expect(labels).toEqual(labels.map((_, i) => Math.floor(i / 10)))
  }
  check(orl)
  cpSync(orl, join(base, 'orl'), { recursive: true })
  rmSync(join(base, 'orl', 'train.idx'))
  check(join(base, 'orl'))
})
