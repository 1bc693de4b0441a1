/** Verification sets that arcc draws. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Collection } from '../../../../runtime/data/collection.ts'
import { choosePeople } from '../../../../runtime/data/pack/choose-people.ts'
import { openOutputs } from '../../../../runtime/data/pack/output-files.ts'
import { type PairsRequest, writePairs } from '../../../../runtime/data/pack/write-pairs.ts'
import { writeBinPairs } from '../../../../runtime/data/pack/write-pickle.ts'
import { readPickle } from '../../../../runtime/data/verification/bin-pickle.ts'
import { fileCollection, peopleFiles, type TestFile } from '../../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
let files: readonly TestFile[]
let collection: Collection
beforeAll(async () => {
  files = await peopleFiles(6, 5)
  collection = fileCollection(folder, files)
})

const write = (out: string, more: Partial<PairsRequest> = {}) =>
  writePairs({
    collection,
    out: join(folder, out),
    pairs: 80,
    seed: 1,
    recode: { side: 24, quality: undefined },
    force: false,
    onProgress() {},
    signal: new AbortController().signal,
    ...more,
  })

/** Each fold has as many pairs of one person as of two, those of one first. */
const lfwOrder = Array.from({ length: 80 }, (_, p) => p % 8 < 4)

test('a .bin has ten equal folds, and reads as two pictures for each flag', async () => {
  const written = await write('faces.bin')
  expect(written).toMatchObject({ pairs: 80, people: 6, interrupted: false })
  const value = readPickle(readFileSync(written.file), written.file)
  if (!Array.isArray(value)) throw new Error('not a list')
  const [pictures, flags] = value
  expect(flags).toEqual(lfwOrder)
  expect(Array.isArray(pictures) && pictures.length).toBe(160)
  expect(Array.isArray(pictures) && pictures.every((one) => one instanceof Uint8Array && one[0] === 0xff)).toBe(true)
})

test('a list names files relative to itself; its flags are those of the people', async () => {
  const written = await write('lists/faces.csv')
  const [head, ...lines] = readFileSync(written.file, 'utf8').trimEnd().split('\n')
  expect(head).toBe('first,second,same')
  expect(lines).toHaveLength(80)
  const personOf = (path = '') => path.split('/')[1]
  for (const [p, line] of lines.entries()) {
    const [first = '', second, same] = line.split(',')
    expect(first).toMatch(/^\.\.\/p\d\/\d\.jpg$/)
    expect(same).toBe(personOf(first) === personOf(second) ? '1' : '0')
    expect(same === '1').toBe(lfwOrder[p])
  }
  expect(new Set(lines).size).toBe(80)
})

test('the same seed draws the same pairs', async () => {
  const text = async (out: string, seed: number) => readFileSync((await write(out, { seed })).file, 'utf8')
  const first = await text('seed-1.csv', 1)
  expect(await text('seed-1b.csv', 1)).toBe(first)
  expect(await text('seed-2.csv', 2)).not.toBe(first)
})

test('too few pictures and pictures that are not files are named', async () => {
  await expect(write('many.bin', { pairs: 200 })).rejects.toMatchObject({ code: 'ARC6207' })
  const drawn = { ...collection, recipe: { kind: 'drawn', perIdentity: 5, seed: 1, nuisance: 0 } } as const
  await expect(write('drawn.csv', { collection: drawn })).rejects.toMatchObject({ code: 'ARC6418' })
  expect((await write('drawn.bin', { collection: drawn, pairs: 20 })).people).toBeGreaterThan(1)
})

test('a picture that several pairs use is stored once', async () => {
  const out = join(folder, 'memo.bin')
  const outputs = await openOutputs([out], false)
  const picture = (i: number) => new Uint8Array(300).fill(i)
  // More than 256 pictures, so that the memo needs long references, and more than one batch.
  const numbers = [...Array.from({ length: 1300 }, (_, i) => i), 0, 299, 1299, 0]
  const reads: number[] = []
  await writeBinPairs(
    outputs.file(out),
    Int32Array.from(numbers),
    Uint8Array.from(numbers, () => 0),
    async (i) => {
      reads.push(i)
      return picture(i)
    },
  )
  await outputs.commit()
  expect(reads).toHaveLength(1300)
  const value = readPickle(readFileSync(out), out)
  const pictures = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : []
  expect(pictures.map((one) => (one instanceof Uint8Array ? one[0] : undefined))).toEqual(numbers.map((n) => n % 256))
})

test('of a large set, some people and some of their pictures take part', () => {
  const [classes, each] = [500, 300]
  const large: Collection = {
    name: 'large',
    images: classes * each,
    classes,
    label: (i) => i % classes,
    recipe: { kind: 'drawn', perIdentity: 1, seed: 1, nuisance: 0 },
    leftOut: [],
  }
  const people = choosePeople(large, new Uint32Array(classes).fill(each), 20, 1)
  expect(people).toHaveLength(80)
  for (const own of people) {
    expect(new Set(own).size).toBe(64)
    expect(new Set(own.map((i) => i % classes)).size).toBe(1)
  }
  // Not only the first pictures of each.
  expect(Math.max(...people.flat())).toBeGreaterThan(0.8 * classes * each)
})
