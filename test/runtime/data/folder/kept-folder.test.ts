import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { folderTimes, keptListing } from '../../../../runtime/data/folder/kept-folder.ts'
import { listFolder } from '../../../../runtime/data/folder/list-folder.ts'
import { tableOf } from '../../../../runtime/data/kept/text-arrays.ts'
import { aMinuteLater } from '../../../helpers/later.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const base = temporaryFolder()
aMinuteLater()
vi.stubEnv('ARCC_CACHE', join(base, 'cache'))
afterAll(() => vi.unstubAllEnvs())

let sets = 0
/** A folder with two people. */
function makeSet(): string {
  const root = join(base, `set${sets++}`)
  for (const person of ['a', 'b']) {
    mkdirSync(join(root, person), { recursive: true })
    writeFileSync(join(root, person, '1.jpg'), '')
  }
  return root
}

const firsts = new Uint32Array(new SharedArrayBuffer(12))
firsts.set([0, 10_000, 20_000])
const listing = {
  paths: tableOf(Array.from({ length: 20_000 }, (_, i) => `${i < 10_000 ? 'a' : 'b'}/${i}.jpg`)),
  people: ['a', 'b'],
  firsts,
  leftOut: [{ what: '2 pictures in no folder', count: 2, examples: ['x.jpg', 'y.jpg'] }],
}

/** Keeps the listing as that of the folder. */
function keep(root: string): void {
  const times = folderTimes(root)
  for (const folder of [root, join(root, 'a'), join(root, 'b')]) times.folder(folder)
  times.keep(listing)
}

test('a listing is kept until a folder in it changes', () => {
  const root = makeSet()
  keep(root)
  expect(keptListing(root)).toEqual(listing)
  expect(listFolder(root)).toMatchObject({ images: 20_000, classes: 2, people: ['a', 'b'], leftOut: listing.leftOut })
  renameSync(join(root, 'b', '1.jpg'), join(root, 'b', '2.jpg'))
  utimesSync(join(root, 'b'), 1e9, 1e9)
  expect(keptListing(root)).toBeUndefined()
  expect(listFolder(root)).toMatchObject({ images: 2, classes: 2 })
})

test('a folder that is gone or has become another one', () => {
  const [root, other] = [makeSet(), makeSet()]
  keep(root)
  renameSync(join(root, 'a'), join(root, 'old'))
  expect(keptListing(root)).toBeUndefined()
  keep(other)
  renameSync(other, `${other}.old`)
  renameSync(makeSet(), other)
  expect(keptListing(other)).toBeUndefined()
})

test('not kept: folders that changed a moment ago, folders with links, small ones', () => {
  const fresh = makeSet()
  vi.setSystemTime(Date.now() - 60_000)
  utimesSync(join(fresh, 'a'), 1e9, 1e9)
  keep(fresh)
  vi.setSystemTime(Date.now() + 60_000)
  expect(keptListing(fresh)).toBeUndefined()
  const linked = makeSet()
  symlinkSync(join(fresh, 'a'), join(linked, 'c'))
  const times = folderTimes(linked)
  times.folder(linked)
  times.never()
  times.keep(listing)
  expect(keptListing(linked)).toBeUndefined()
  const small = makeSet()
  expect(listFolder(small).images).toBe(2)
  expect(keptListing(small)).toBeUndefined()
})
