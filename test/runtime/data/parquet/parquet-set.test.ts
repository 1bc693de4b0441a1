import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { openParquetSet } from '../../../../runtime/data/parquet/parquet-set.ts'
import { anError } from '../../../helpers/facts.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/parquet/${name}.parquet`, import.meta.url))
const columns = { image: 'image', label: 'label', labels: undefined }
const open = (root: string, changes: Partial<Parameters<typeof openParquetSet>[0]> = {}) =>
  openParquetSet({ root, ...columns, ...changes })

/** The picture that `test/fixtures/parquet/write.py` writes in row `i`. */
const picture = (i: number) => Buffer.concat([Buffer.from('P5 2 2 255\n'), Buffer.alloc(4, 20 * i)])

test.each(['snappy', 'zstd-v2', 'gzip', 'brotli', 'lz4', 'plain', 'delta', 'names', 'numbers', 'binary'])(
  '%s: pictures in any order, with their labels',
  async (name) => {
    const set = open(fixture(name))
    expect(set).toMatchObject({ images: 12, classes: 3, leftOut: [] })
    expect(set.people).toEqual(name === 'numbers' ? undefined : ['ann', 'bob', 'cem'])
    const images = openImages(set.recipe)
    for (const i of [11, 0, 5, 4, 9, 3, 7, 10, 1, 2, 6, 8]) {
      expect(Buffer.from(await images.read(i))).toEqual(picture(i))
      expect(set.label(i)).toBe(Math.floor(i / 4))
    }
    expect(images.nameOf(7)).toBe(`${name}.parquet row 7`)
    images.close()
  },
)

test('a folder of files is one set, and names differ if they do', async () => {
  const root = join(folder, 'several')
  mkdirSync(root)
  for (const name of ['a', 'b']) copyFileSync(fixture('snappy'), join(root, `train-${name}.parquet`))
  const set = open(root)
  expect([set.images, set.classes, set.label(12), set.label(23)]).toEqual([24, 3, 0, 2])
  const images = openImages(set.recipe)
  expect(Buffer.from(await images.read(13))).toEqual(picture(1))
  expect(images.nameOf(13)).toBe('train-b.parquet row 1')
  images.close()
  copyFileSync(fixture('binary'), join(root, 'train-c.parquet'))
  expect(() => open(root)).toThrow(anError('ARC6213'))
})

test('numbers as names', () => {
  expect(open(fixture('numbers'), { labels: 'names' }).people).toEqual(['0', '1', '2'])
})

test.each([
  ['no-bytes', {}, '12 of 12 rows have no bytes'],
  ['one-missing', {}, '1 of 12 rows have no bytes'],
  ['unknown', {}, 'row 3: its label is -1'],
  ['lists', {}, 'the column "image" has no bytes'],
  ['snappy', { image: 'img' }, 'no column "img"; its columns are image, label'],
  ['snappy', { label: 'image' }, 'the column "image" has no labels: it is a struct or list of bytes, path'],
  ['snappy', { image: 'label' }, 'the column "label" has no bytes of pictures: it is int64'],
])('%s %o: %s', (name, changes, words) => {
  expect(() => open(fixture(name), changes)).toThrow(anError('ARC6213', { faults: expect.stringContaining(words) }))
})

/** The file with another length of its footer. */
function withFooter(length: number): string {
  const bytes = readFileSync(fixture('plain'))
  bytes.writeUInt32LE(length, bytes.length - 8)
  const path = join(folder, `footer-${length}.parquet`)
  writeFileSync(path, bytes)
  return path
}

test.each([
  ['claims gigabytes', () => withFooter(4_000_000_000), 'its footer claims 4000000000 bytes'],
  ['has one byte', () => withFooter(1), 'its footer cannot be read'],
])('a footer that %s', (_, make, words) => {
  expect(() => open(make())).toThrow(anError('ARC6213', { faults: expect.stringContaining(words) }))
})

test.each([
  ['cut.parquet', (bytes: Buffer) => bytes.subarray(0, 1000), 'may have been cut short'],
  ['tiny.parquet', () => Buffer.from('PAR1'), 'it has only 4 bytes'],
  [
    'secret.parquet',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -4), Buffer.from('PARE')]),
    'its footer is encrypted',
  ],
])('%s', (name, change, words) => {
  const path = join(folder, name)
  writeFileSync(path, change(readFileSync(fixture('plain'))))
  expect(() => open(path)).toThrow(anError('ARC6213', { faults: expect.stringContaining(words) }))
})

test('a wrong checksum of a page is an error at the picture', () => {
  const bytes = readFileSync(fixture('zstd-v2'))
  const path = join(folder, 'checksum.parquet')
  // The first page of the pictures begins behind its header, and its data begins with zstd's magic number.
  const at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) + 12
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
  const images = openImages(open(path).recipe)
  expect(() => images.read(0)).toThrow(anError('ARC6210'))
  images.close()
})
