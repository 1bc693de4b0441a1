/** A margin that reads how many pictures classes have, in whole runs: its counts are those of the data, and stay so when a run goes on. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { newestIntact } from '../../../runtime/checkpoint/newest-intact.ts'
import { wholeTensor } from '../../../runtime/checkpoint/state-source.ts'
import { createCollections } from '../../../runtime/data/formats/data-formats.ts'
import { splitCollection } from '../../../runtime/data/select/selection.ts'
import { countPictures } from '../../../runtime/train/fill-counts.ts'
import { outcomeOf } from '../../faults/faulty-run.ts'
import { planOf } from '../../helpers/plan.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const faces = join(root, 'faces')

/** Pictures of 4 × 4 pixels in a folder per identity. */
function addPictures(person: number, first: number, count: number): void {
  mkdirSync(join(faces, `p${person}`), { recursive: true })
  for (let i = first; i < first + count; i++) {
    const color = Buffer.alloc(4 * 4 * 3, person * 40 + i)
    writeFileSync(join(faces, `p${person}`, `${i}.ppm`), Buffer.concat([Buffer.from('P6\n4 4\n255\n'), color]))
  }
}

const pictures = [3, 12, 7, 5, 4]
for (const [person, count] of pictures.entries()) addPictures(person, 0, count)

const plan = (devices: number, steps: number, margin = 'ldam') =>
  planOf(
    `
use std.datasets: folder
use std.machines: cpu
use std.margins: ${margin}
backbone flat() on Image(4, 4, 3) -> Vector(4) { input |> flatten |> linear(4) as fc }
experiment rare {
  dataset = folder(root: "${faces}", holdout: 1), backbone = flat, margin = ${margin}(m: 0.3, scale: 8)
  machine = cpu(devices: ${devices})
  train { batch = 4 global, steps = ${steps}, optimizer = sgd(lr: 0.05), workers = 0 }
}
`,
    { host: { countDataset: () => ({ identities: 4, images: 27 }) } },
  )

async function savedCounts(folder: string) {
  const { checkpoint } = await newestIntact(folder)
  const saved = need(checkpoint, 'a checkpoint')
  const names = ['classes.pictures', 'classes.fewest_pictures', 'classes.most_pictures']
  const read = names.map(async (name) => [...(await wholeTensor(saved, name)).data])
  const counts = await Promise.all(read)
  await saved.close()
  return counts
}

test('the counts are those of the training data, on other devices too; a changed data set is noticed', async () => {
  const folder = join(root, 'run')
  const first = await outcomeOf(plan(1, 2), folder)
  expect(first.error).toBeUndefined()
  expect(await savedCounts(folder)).toEqual([pictures.slice(0, 4), [3], [12]])

  const goOn = async (devices: number, steps: number, margin = 'ldam') => {
    const found = await newestIntact(folder)
    const outcome = await outcomeOf(plan(devices, steps, margin), folder, undefined, {
      resume: { ...found, changes: [] },
    })
    await found.checkpoint?.close()
    expect(outcome.error).toBeUndefined()
    return outcome.warnings
  }
  expect(await goOn(2, 4)).toEqual([])
  expect(await savedCounts(folder)).toEqual([pictures.slice(0, 4), [3], [12]])

  addPictures(0, 3, 3)
  addPictures(2, 7, 8)
  const [warning] = await goOn(4, 6)
  expect(warning).toContain('has other numbers of pictures of 2 classes than when this run was saved')
  const grown = [[6, 12, 15, 5], [5], [15]]
  expect(await savedCounts(folder)).toEqual(grown)

  // They are the data's: another margin may come and go.
  expect(await goOn(1, 7, 'cosface')).toEqual([])
  expect(await goOn(1, 8)).toEqual([])
  expect(await savedCounts(folder)).toEqual(grown)
})

test('held-out classes are not counted, and classes without pictures are 0', () => {
  const collection = createCollections().open(plan(1, 1).run.dataset)
  expect([...countPictures(splitCollection(collection, 2).train)]).toEqual([6, 12, 15])
  const label = (i: number) => [2, 0, 2][i] ?? 0
  const selection = { ...splitCollection(collection, 0).train, images: 3, classes: 4, label }
  expect([...countPictures(selection)]).toEqual([1, 0, 2, 0])
})
