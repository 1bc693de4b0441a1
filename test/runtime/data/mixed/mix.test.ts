import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Collection } from '../../../../runtime/data/collection.ts'
import { dataFormats, openCollection } from '../../../../runtime/data/formats/data-formats.ts'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { mixCollections } from '../../../../runtime/data/mixed/mix.ts'
import { splitCollection } from '../../../../runtime/data/select/selection.ts'
import { dataSpec } from '../../../helpers/data-spec.ts'
import { anError } from '../../../helpers/facts.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

/** A collection with these labels; its images cannot be opened. */
function collection(name: string, labels: readonly number[], people?: readonly string[]): Collection {
  return {
    name,
    images: labels.length,
    classes: Math.max(...labels) + 1,
    label: (i) => labels[i] ?? -1,
    recipe: { kind: 'drawn', perIdentity: 1, seed: 1, nuisance: 0 },
    ...(people === undefined ? {} : { people }),
    leftOut: [{ what: '2 files', count: 2, examples: [] }],
  }
}

const labelsOf = ({ images, label }: Pick<Collection, 'images' | 'label'>) =>
  Array.from({ length: images }, (_, i) => label(i))

const left = collection('a', [0, 1, 0], ['ann', 'bob'])
const right = collection('b', [0, 1, 2], ['bob', 'al', 'cem'])

test('classes apart: those of the second set follow', () => {
  const mix = mixCollections({ parts: [left, right], weights: [1, 2], classes: 'apart' })
  expect(mix).toMatchObject({ name: 'a + b', images: 6, classes: 5, weights: [1, 2] })
  expect(labelsOf(mix)).toEqual([0, 1, 0, 2, 3, 4])
  expect(mix.leftOut.map(({ what }) => what)).toEqual(['2 files (a)', '2 files (b)'])
})

test('a set that is in the mix twice would have each person twice', () => {
  const twice = { parts: [left, right, left], weights: undefined }
  expect(() => mixCollections({ ...twice, classes: 'apart' })).toThrow(
    anError('ARC6240', { faults: [expect.stringContaining('a is in the mix twice')] }),
  )
  expect(mixCollections({ ...twice, classes: 'by_name' })).toMatchObject({ images: 9, classes: 4 })
})

test('classes joined by name, in natural order', () => {
  const mix = mixCollections({ parts: [left, right], weights: undefined, classes: 'by_name' })
  expect(mix).toMatchObject({ classes: 4, people: ['al', 'ann', 'bob', 'cem'] })
  expect(labelsOf(mix)).toEqual([1, 2, 1, 2, 0, 3])
  expect(mix.weights).toBeUndefined()
})

test('the last classes of the mix are held out', () => {
  const mix = mixCollections({ parts: [left, right], weights: undefined, classes: 'by_name' })
  const { train, heldOut } = splitCollection(mix, 2)
  expect([labelsOf(train), heldOut && labelsOf(heldOut)]).toEqual([
    [1, 1, 0],
    [0, 0, 1],
  ])
})

test('sets of a mix may have a single class; the mix may not', () => {
  const folder = temporaryFolder()
  for (const path of ['a/ann/1.jpg', 'a/ann/2.jpg', 'b/bob/1.jpg', 'c/ann/3.jpg']) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), path)
  }
  writeFileSync(join(folder, 'list.csv'), 'a/ann/1.jpg,0\na/ann/2.jpg,0\n')
  const [a, b, c] = ['a', 'b', 'c'].map((name) => dataSpec({ format: 'folder', path: join(folder, name) }))
  const list = dataSpec({ format: 'list', file: { path: join(folder, 'list.csv'), pending: undefined } })
  if (a === undefined || b === undefined || c === undefined) throw new Error('three sets')
  const mix = (...parts: (typeof a)[]) => dataSpec({ format: 'mixed', mixed: parts, classes: 'by_name' })
  expect(labelsOf(openCollection(mix(a, b)))).toEqual([0, 0, 1])
  expect(labelsOf(openCollection(dataSpec({ format: 'mixed', mixed: [b, list], classes: 'apart' })))).toEqual([0, 1, 1])
  const alone = anError('ARC6240', { faults: [expect.stringContaining('nothing to tell apart')] })
  for (const set of [mix(a, c), list]) expect(() => openCollection(set)).toThrow(alone)
  expect(() => openCollection(a)).toThrow(anError('ARC6241'))
})

test('names are needed to join by name', () => {
  const parts = [left, collection('c', [0])]
  expect(() => mixCollections({ parts, weights: undefined, classes: 'by_name' })).toThrow(
    anError('ARC6214', { set: 'c' }),
  )
})

test('images of the parts, and what a part declares', async () => {
  const synthetic = (identities: number, seed: number) =>
    dataSpec({ format: 'synthetic', name: 'synthetic', identities, perIdentity: 2, seed })
  const parts = [synthetic(2, 1), synthetic(3, 2)]
  const mix = dataFormats.mixed.open(dataSpec({ format: 'mixed', mixed: parts }))
  expect(labelsOf(mix)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
  const [mixed, own] = [openImages(mix.recipe), openImages(dataFormats.synthetic.open(synthetic(3, 2)).recipe)]
  expect(Buffer.from(await mixed.read(9)).equals(Buffer.from(await own.read(5)))).toBe(true)
  const wrong = dataSpec({ format: 'mixed', mixed: [{ ...synthetic(2, 1), images: 5 }] })
  expect(() => dataFormats.mixed.open(wrong)).toThrow(anError('ARC6216'))
})
