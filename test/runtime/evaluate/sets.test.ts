/** Sets of pairs as `arcc eval` opens them. */
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Collection } from '../../../runtime/data/collection.ts'
import { writePairs } from '../../../runtime/data/pack/write-pairs.ts'
import {
  type EvaluationSet,
  openBinSet,
  openDrawnSet,
  openListSet,
} from '../../../runtime/evaluate/sets/evaluation-set.ts'
import { fileCollection, peopleFiles } from '../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const faces = join(folder, 'faces')
let collection: Collection

beforeAll(async () => {
  collection = fileCollection(faces, await peopleFiles(6, 4))
})

const write = (name: string) =>
  writePairs({
    ...{ collection, out: join(folder, name), pairs: 40, seed: 3, recode: { side: 16, quality: 90 }, force: true },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  })

const drawn = (pairs: number | undefined) =>
  openDrawnSet(collection, { name: 'faces', path: faces, root: faces }, { pairs, seed: 3 })

/** The names of all pairs, with their flags. */
function named({ pairs, nameOf }: EvaluationSet): readonly (readonly [string, string, number | undefined])[] {
  return Array.from(pairs.same, (flag, pair) => [nameOf(pair, 0), nameOf(pair, 1), flag] as const)
}

test('pairs of a folder are those of `arcc data pairs`, and so is their hash', async () => {
  await write('faces/pairs.csv')
  const list = await openListSet({ list: join(faces, 'pairs.csv'), root: '' })
  const own = drawn(40)
  expect(named(own)).toEqual(named(list))
  expect(await own.sha256()).toBe(await list.sha256())
  expect(own.root).toBe(list.root)
  // Each of the ten folds has as many pairs of one person as of two.
  for (let fold = 0; fold < 10; fold++) {
    expect([...own.pairs.same.subarray(4 * fold, 4 * fold + 4)]).toEqual([1, 1, 0, 0])
  }
})

test('without a number, as many pairs as the people give, in whole folds', () => {
  // Six people with four pictures: 36 pairs of one person, of which 30 make ten equal folds.
  expect(drawn(undefined).pairs.same.length).toBe(60)
})

test('the hash of a list is that of its content: neither places nor titles count, order and groups do', async () => {
  const text = readFileSync(join(faces, 'pairs.csv'), 'utf8')
  const hash = async (lines: string, root = faces) => {
    writeFileSync(join(folder, 'list.csv'), lines)
    return (await openListSet({ list: join(folder, 'list.csv'), root })).sha256()
  }
  const own = await hash(text)
  cpSync(faces, join(folder, 'moved'), { recursive: true })
  expect(await hash(text, join(folder, 'moved'))).toBe(own)
  expect(await hash(text.replace('first,second,same\n', ''))).toBe(own)
  const [title = '', first = '', second = '', ...rest] = text.trim().split('\n')
  expect(await hash([title, second, first, ...rest].join('\n'))).not.toBe(own)
  const grouped = (group: string) =>
    text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => `${line},${group}`)
      .join('\n')
  expect(await hash(grouped('x'))).not.toBe(await hash(grouped('y')))
})

test('a .bin file has the hash of the file, and numbers for names', async () => {
  await write('pairs.bin')
  const set = await openBinSet(join(folder, 'pairs.bin'))
  expect([set.name, set.pairs.same.length]).toEqual(['pairs', 40])
  expect(named(set)[3]?.slice(0, 2)).toEqual(['6', '7'])
  const bytes = readFileSync(join(folder, 'pairs.bin'))
  expect(await set.sha256()).toBe(createHash('sha256').update(bytes).digest('hex'))
})
