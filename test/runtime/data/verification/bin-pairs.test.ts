import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import type { PairSet } from '../../../../runtime/data/pairs.ts'
import { readBinPairs } from '../../../../runtime/data/verification/bin-pairs.ts'
import { ArccError } from '../../../../runtime/errors.ts'
import { fuzzCount, seededRandom } from '../../../helpers/mutate.ts'
import { mutateBytes } from '../../../helpers/mutate-bytes.ts'
import { readRows } from '../../../helpers/read-rows.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

// The fixtures hold ten pairs of gray pictures; make.py writes them.
const levels = [200, 200, 210, 128, 220, 220, 230, 128, 240, 240, 250, 128, 60, 60, 70, 128, 80, 80, 90, 128]
const folder = fileURLToPath(new URL('../../../fixtures/pickle/', import.meta.url))
const pickles: Record<string, string> = JSON.parse(readFileSync(join(folder, 'pickles.json'), 'utf8'))
const root = temporaryFolder()
const path = join(root, 'set.bin')

function openBytes(bytes: Uint8Array): Promise<PairSet> {
  writeFileSync(path, bytes)
  return readBinPairs(path)
}

const bytesOf = (name: string) => Buffer.from(pickles[name] ?? '', 'base64')

describe('sets as Python writes them', () => {
  test.each(Object.keys(pickles).filter((name) => !name.startsWith('bad: ')))('%s', async (name) => {
    const set = await openBytes(bytesOf(name))
    expect([...set.same]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
    const raw = !name.startsWith('latin1') && /protocol [345]/.test(name)
    expect(set.recipe.kind).toBe(raw ? 'ranges' : 'bytes')
    // Workers find the same pictures by the recipe alone, without the file in memory.
    const encoded = openImages(set.recipe)
    const rows = await readRows(set, set.pairs)
    const found: number[] = []
    for (const [row, i] of set.pairs.entries()) {
      found.push(rows[row]?.[0] ?? -1)
      const bytes = await encoded.read(i)
      expect(Buffer.from(bytes.subarray(0, 3)).toString('latin1')).toBe('P5 ')
      if (!name.startsWith('large')) expect(bytes.at(-1)).toBe(found.at(-1))
      else expect([bytes.length, bytes.at(-1)]).toEqual([13 + 512, 255])
    }
    if (!name.startsWith('large')) expect(found).toEqual(levels)
    expect(set.images).toBe(new Set(found).size)
    encoded.close()
  })
})

describe('structural faults are reported together', () => {
  const such = (what: string, more: number) => [
    ...[0, 1, 2].map((i) => `flag ${i} is ${what}: expected true or false`),
    `${more} more such flags`,
  ]
  test.each([
    ['flag of two', ['flag 5 is 2: expected true or false']],
    ['half flags', such('0.5', 2)],
    ['none flags', such('nothing', 7)],
    ['text flags', such('text', 7)],
    ['nan flags', such('not a number', 7)],
    ['one kind', ['no pair shows two different people']],
    ['six pairs', ['it has 6 pairs: ten folds need ten pairs']],
    ['empty', ['it has 0 pairs: ten folds need ten pairs']],
    [
      'decoded pictures',
      [
        ...[0, 1, 2].map((i) => `picture ${i} is a NumPy array of shape [2, 2, 3]: expected an encoded picture`),
        '17 more such pictures',
      ],
    ],
  ])('%s', async (name, faults) => {
    await expect(openBytes(bytesOf(`bad: ${name}`))).rejects.toMatchObject({ code: 'ARC6234', params: { faults } })
  })

  test('several at once', async () => {
    const bytes = Buffer.from('\x80\x02](U\x01aU\x00U\x02P5e](\x88K\x07e\x86.', 'latin1')
    await expect(openBytes(bytes)).rejects.toMatchObject({
      code: 'ARC6234',
      params: {
        faults: [
          'it has 3 pictures and 2 flags: there must be two pictures for each flag',
          'flag 1 is 7: expected true or false',
          'picture 0 is text, not a picture',
          'picture 1 is empty',
          'picture 2 is text, not a picture',
          'it has 2 pairs: ten folds need ten pairs',
        ],
      },
    })
  })
})

describe('other files are named', () => {
  const zip = Buffer.from('PK\x03\x04aaaa', 'latin1')
  test.each([
    ['empty', Buffer.alloc(0), 'empty'],
    ['gzip', gzipSync(bytesOf('bytes, protocol 4')), 'gzip'],
    ['zip', zip, 'zip archive'],
    ['npy', Buffer.from('\x93NUMPY\x01\0aaaa', 'latin1'), '.npy'],
    ['hdf5', Buffer.from('\x89HDF\r\n\x1a\naaaa', 'latin1'), 'HDF5'],
    ['torch', Buffer.from('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'), 'PyTorch'],
    ['a picture', Buffer.from('\xff\xd8\xff\xe0aaaa', 'latin1'), 'a single picture'],
    ['a web page', Buffer.from('<!DOCTYPE html>\n<html></html>'), 'a web page'],
    ['git-lfs', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), 'git-lfs'],
    ['structured', bytesOf('bad: structured'), 'a structured NumPy array'],
    ['dictionary', bytesOf('bad: dictionary'), 'dictionary'],
    ['a list alone', Buffer.from('\x80\x02]q\x00.', 'latin1'), 'a list of 0'],
    ['a number', Buffer.from('\x80\x02K\x01.', 'latin1'), 'a pickle of 1'],
  ])('%s', async (_, bytes, says) => {
    await expect(openBytes(bytes)).rejects.toMatchObject({
      code: 'ARC6280',
      params: { what: expect.stringContaining(says) },
    })
  })

  test.each([
    ['a folder', root, 'folder'],
    ['nothing', join(root, 'nothing.bin'), 'no such file or folder'],
  ])('%s', async (_, where, says) => {
    await expect(readBinPairs(where)).rejects.toMatchObject({
      code: 'ARC6206',
      params: { file: where, reason: expect.stringContaining(says) },
    })
  })
})

test('text that is decoded again and again costs no memory', async () => {
  // One long text, encoded a thousand times.
  const text = Buffer.alloc(100_000, 'a')
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  const start = Buffer.concat([Buffer.from('\x80\x02(X', 'latin1'), length, text, Buffer.from('q\x000', 'latin1')])
  const again = Buffer.from('c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R'.repeat(1000), 'latin1')
  await expect(openBytes(Buffer.concat([start, again, Buffer.from('l.')]))).rejects.toMatchObject({
    code: 'ARC6230',
    params: { reason: 'the same text is decoded again and again' },
  })
})

test('mutated sets never end in anything but a named error', async () => {
  const random = seededRandom(7)
  const sources = Object.values(pickles).map((text) => Buffer.from(text, 'base64'))
  const seen = new Map<string, number>()
  const count = fuzzCount(600)
  for (let i = 0; i < count; i++) {
    const source = sources[i % sources.length] ?? Buffer.alloc(0)
    const outcome = await openBytes(mutateBytes(source, random)).then(
      () => 'read',
      (error: unknown) => (error instanceof ArccError ? error.code : String(error)),
    )
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  }
  const named = ['read', 'ARC6206', 'ARC6230', 'ARC6231', 'ARC6234', 'ARC6280']
  expect([...seen.keys()].filter((outcome) => !named.includes(outcome))).toEqual([])
  expect(seen.size).toBeGreaterThan(3)
}, 120_000)
