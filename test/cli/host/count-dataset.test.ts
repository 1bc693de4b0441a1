/** The counts in the plan agree with the loaders. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countDataset } from '../../../cli/host/count-dataset.ts'
import type { DatasetSpec } from '../../../compiler/experiment/experiment.ts'
import { createFolderDataset, scanFolder, splitPeople } from '../../../runtime/data/folder.ts'
import { openRecordDataset } from '../../../runtime/data/recordio.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()

function specOf(format: DatasetSpec['format'], path: string, holdout = 0): DatasetSpec {
  const source = { path: 'a.arc', text: '' }
  return {
    name: 'faces',
    format,
    root: { path, pending: undefined },
    identities: undefined,
    images: undefined,
    perIdentity: undefined,
    holdout,
    seed: 1,
    nuisance: 0.5,
    span: { source, start: 0, end: 0 },
  }
}

test.each([0, 1, 2])('a folder with %i people held out', async (holdout) => {
  const folder = join(root, `people-${holdout}`)
  const people = {
    s1: ['1.pgm', '2.pgm'],
    s2: ['1.PNG', '.hidden.png', 'notes.txt'],
    s10: ['1.jpg', '2.jpeg', '3.webp'],
    empty: [],
  }
  for (const [name, files] of Object.entries(people)) {
    mkdirSync(join(folder, name), { recursive: true })
    for (const file of files) writeFileSync(join(folder, name, file), '')
  }
  writeFileSync(join(folder, 'readme.jpg'), '')
  const { train } = splitPeople(await scanFolder(folder), holdout)
  const { classes, images } = createFolderDataset(train)
  expect(countDataset(specOf('folder', folder, holdout))).toEqual({ identities: classes, images })
  expect(images).toBe([6, 3, 2][holdout])
})

/** A record whose payload is a header with labels and no picture. */
function record(labels: readonly number[]): Buffer {
  const bytes = Buffer.alloc(32 + 4 * labels.length)
  bytes.writeUInt32LE(0xced7230a, 0)
  bytes.writeUInt32LE(24 + 4 * labels.length, 4)
  bytes.writeUInt32LE(labels.length, 8)
  for (const [i, label] of labels.entries()) bytes.writeFloatLE(label, 32 + 4 * i)
  return bytes
}

const announcement = record([4, 6])
const picture = record([1])

test.each([
  ['announced first', [announcement, picture, picture, picture, record([1, 3])], [0, 1, 2, 3, 4], 3],
  ['announced later in the file', [picture, picture, picture, announcement], [1, 2, 3, 0], 3],
  ['not announced', [picture, picture], [0, 1], 2],
  ['numbered from one', [picture, picture], [1, 2], 2],
] as const)('a packed set, %s', async (name, records, keys, images) => {
  const folder = join(root, name)
  mkdirSync(folder)
  let offset = 0
  const index = records.map((bytes, i) => {
    const line = `${keys[i]}\t${offset}\n`
    offset += bytes.length
    return line
  })
  writeFileSync(join(folder, 'train.rec'), Buffer.concat(records))
  writeFileSync(join(folder, 'train.idx'), index.join(''))
  writeFileSync(join(folder, 'property'), '2,112,112\n')
  const dataset = await openRecordDataset(join(folder, 'train.rec'))
  const loaded = { identities: dataset.classes, images: dataset.images }
  dataset.dispose()
  expect(countDataset(specOf('recordio', folder))).toEqual(loaded)
  expect(loaded.images).toBe(images)
})

test('what is not on this computer has no counts', () => {
  expect(countDataset(specOf('folder', join(root, 'nowhere')))).toBeUndefined()
  expect(countDataset(specOf('synthetic', root))).toBeUndefined()
  const pending = { ...specOf('folder', root), root: { path: root, pending: 'env("FACES")' } }
  expect(countDataset(pending)).toBeUndefined()
  const partial = join(root, 'partial')
  mkdirSync(partial)
  writeFileSync(join(partial, 'train.rec'), '')
  expect(countDataset(specOf('recordio', partial))).toBeUndefined()
  rmSync(partial, { recursive: true })
})
