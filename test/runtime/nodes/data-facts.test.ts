/** What nodes compare of their data: the same wherever it lies, and another if anything of it is. */
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ImageRecipe, ListedImages } from '../../../runtime/data/collection.ts'
import { hashOfLabels, hashOfPictures } from '../../../runtime/data/inspect/collection-hash.ts'
import { openListSet } from '../../../runtime/data/list/list-set.ts'
import { buildTextTable } from '../../../runtime/data/text-table.ts'
import { differencesOf } from '../../../runtime/peers/agree.ts'
import { dataFacts } from '../../../runtime/train/agree-on-data.ts'
import { openData } from '../../../runtime/train/open-data.ts'
import { makeFaces, tinyText } from '../../faults/faulty-run.ts'
import { planOf } from '../../helpers/plan.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()

async function factsAt(folder: string, checkpoint?: { readonly step: number; readonly digest: string }) {
  const text = tinyText({ root: folder, holdout: 2, more: 'evaluate { sets = [holdout], pairs = 20 }' })
  const plan = planOf(text, { host: { countDataset: () => ({ identities: 2, images: 16 }) } })
  return dataFacts(await openData(plan.run), checkpoint)
}

it('are those of a copy elsewhere; each change is told', async () => {
  const here = makeFaces(join(root, 'here'))
  const first = await factsAt(here)
  const changes: readonly (readonly [string, (folder: string) => void, readonly RegExp[]])[] = [
    ['nothing', () => undefined, []],
    [
      'a picture less',
      (at) => rmSync(join(at, 'p0', '3.ppm')),
      [/^the number of images is 16 at rank 0 \(a\) and 15 at/],
    ],
    [
      'another name',
      (at) => renameSync(join(at, 'p0', '3.ppm'), join(at, 'p0', '9.ppm')),
      [/^the hash of the names and places of images is/, /^the hash of `holdout` is/],
    ],
    [
      'a picture of another person',
      (at) => renameSync(join(at, 'p0', '7.ppm'), join(at, 'p1', '9.ppm')),
      [/^the hash of the labels/, /^the hash of the names and places/, /^the hash of `holdout`/],
    ],
    [
      'another person',
      (at) => renameSync(join(at, 'p1'), join(at, 'p12')),
      [/names and places/, /names of classes/, /holdout/],
    ],
    ['other held-out pictures', (at) => rmSync(join(at, 'p3', '1.ppm')), [/^the number of images of `holdout`/]],
  ]
  for (const [name, change, expected] of changes) {
    const other = join(root, name)
    cpSync(here, other, { recursive: true })
    change(other)
    const found = differencesOf([first, await factsAt(other)], ['a', 'b'])
    expect([name, found]).toEqual([name, expected.map((text) => expect.stringMatching(text))])
  }
})

it('have the checkpoint that a run goes on from', async () => {
  const here = makeFaces(join(root, 'resumed'))
  const kept = { step: 8, digest: '0123456789abcdef0123' }
  const all = await Promise.all(
    [kept, kept, { ...kept, digest: 'f'.repeat(64) }, undefined].map((of) => factsAt(here, of)),
  )
  expect(differencesOf(all, ['a', 'b', 'c', 'd'])).toEqual([
    'the checkpoint to resume is step 8 (0123456789abcdef) at rank 0 (a), rank 1 (b) and step 8 (ffffffffffffffff) at rank 2 (c) and none at rank 3 (d)',
  ])
})

it('of a list with absolute paths are those of a list with the paths of another computer', () => {
  const listed = (folder: string, last = 'd.jpg'): ListedImages => {
    mkdirSync(folder, { recursive: true })
    const names = ['a.jpg', 'b.jpg', 'c.jpg', last]
    for (const name of names) writeFileSync(join(folder, name), '')
    const file = join(folder, 'list.tsv')
    writeFileSync(file, names.map((name, i) => `${join(folder, name)}\t${i >> 1}\n`).join(''))
    const { recipe } = openListSet({ file, root: undefined, image: undefined, label: undefined, labels: undefined })
    if (recipe.kind !== 'listed') throw new Error('a list is expected')
    return recipe
  }
  const own = hashOfPictures(listed(join(root, 'one')))
  expect(hashOfPictures(listed(join(root, 'another/place')))).toBe(own)
  expect(hashOfPictures(listed(join(root, 'third'), 'e.jpg'))).not.toBe(own)
})

const numbers = (...values: readonly number[]) => {
  const array = new Float64Array(new SharedArrayBuffer(8 * values.length))
  array.set(values)
  return array
}
const table = (...paths: readonly string[]) => {
  const built = buildTextTable()
  for (const path of paths) built.add(path)
  return built.build()
}
const shared = (...values: readonly number[]) => {
  const bytes = new Uint8Array(new SharedArrayBuffer(values.length))
  bytes.set(values)
  return bytes
}
const records = (file: string, ...offsets: readonly number[]): ImageRecipe => ({
  kind: 'records',
  files: [file],
  offsets: numbers(...offsets),
})
const pairs = (...paths: readonly string[]): ImageRecipe => ({ kind: 'files', paths: table(...paths) })
const inMemory = (name: string, ...values: readonly number[]): ImageRecipe => ({
  kind: 'bytes',
  name,
  bytes: shared(...values),
  starts: numbers(0, values.length),
})

it.each<[string, ImageRecipe, ImageRecipe, boolean]>([
  ['records', records('/a/train.rec', 0, 9), records('/b/train.rec', 0, 9), true],
  ['records at other places', records('/a/train.rec', 0, 9), records('/a/train.rec', 0, 10), false],
  ['absolute paths', pairs('/a/lfw/x/1.jpg', '/a/lfw/y/1.jpg'), pairs('/b/c/lfw/x/1.jpg', '/b/c/lfw/y/1.jpg'), true],
  ['other absolute paths', pairs('/a/x/1.jpg', '/a/y/1.jpg'), pairs('/a/x/1.jpg', '/a/z/1.jpg'), false],
  ['pictures in memory', inMemory('/a/lfw.bin', 1, 2), inMemory('/b/lfw.bin', 1, 2), true],
  ['other pictures in memory', inMemory('/a/lfw.bin', 1, 2), inMemory('/a/lfw.bin', 1, 3), false],
])('the hash of %s', (_, one, other, isSame) => {
  expect(hashOfPictures(one) === hashOfPictures(other)).toBe(isSame)
})

it('look at a thousand labels of a set whose labels must be read, and at all of another', () => {
  const images = 5_000_000
  let read = 0
  const label = (i: number) => {
    read += 1
    return i >> 4
  }
  const found = new Uint32Array(new SharedArrayBuffer(4))
  const toRead: ImageRecipe = {
    kind: 'records',
    files: [],
    offsets: numbers(),
    labels: { first: 0, classes: 9, found },
  }
  hashOfLabels({ images, recipe: toRead, label })
  expect(read).toBeLessThanOrEqual(1024)
  const recipe = records('train.rec')
  const all = hashOfLabels({ images, recipe, label: (i) => i >> 4 })
  expect(hashOfLabels({ images, recipe, label: (i) => (i === images - 1 ? 0 : i >> 4) })).not.toBe(all)
})
