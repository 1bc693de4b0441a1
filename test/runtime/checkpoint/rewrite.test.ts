/** `arcc checkpoint verify`, `merge` and `convert`, and the checkpoints that a path names. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { createCheckpoint } from '../../../runtime/checkpoint/checkpoint-folder.ts'
import { locateCheckpoints } from '../../../runtime/checkpoint/locate-checkpoints.ts'
import { convertCheckpoint, mergeCheckpoint } from '../../../runtime/checkpoint/merge-checkpoint.ts'
import { verifyCheckpoint } from '../../../runtime/checkpoint/verify-checkpoint.ts'
import { openSafetensors } from '../../../runtime/safetensors.ts'
import { openWeightsSource } from '../../../runtime/start/weights-source.ts'
import type { StoredState } from '../../../runtime/state/stored-state.ts'
import { factsAt, randomState, statePlan, writtenManifest } from '../../helpers/state.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const run = join(root, 'run')
const plan = statePlan({ devices: 2, centers: 'weights = bf16, state = int8' })
const at = (step: number) => join(run, 'checkpoints', `step-0000${step}`)
const written = (step: number, stored: StoredState) =>
  createCheckpoint(at(step), (into) => writtenManifest(into, stored, factsAt(step)))

beforeAll(async () => {
  mkdirSync(join(run, 'checkpoints'), { recursive: true })
  for (const step of [10, 20]) await written(step, randomState(plan))
})

test('centers in four files and in one again: the same bytes', async () => {
  const [four, one] = [join(root, 'four'), join(root, 'one')]
  const manifest = await mergeCheckpoint(at(10), four, 4)
  expect(manifest.files.filter(({ name }) => name.startsWith('centers'))).toHaveLength(4)
  expect(await verifyCheckpoint(four)).toMatchObject({ faults: [] })
  await mergeCheckpoint(four, one, 1)
  expect(readFileSync(join(one, 'manifest.json'))).toEqual(readFileSync(join(at(10), 'manifest.json')))
  // No more files than classes.
  const many = await mergeCheckpoint(at(10), join(root, 'many'), 50)
  expect(many.files.filter(({ name }) => name.startsWith('centers'))).toHaveLength(11)
})

test('a state dict: the backbone, and the centers if wanted', async () => {
  const out = join(root, 'all.safetensors')
  await convertCheckpoint(at(10), out, true)
  const [all, backbone] = [await openSafetensors(out), await openSafetensors(join(at(10), 'backbone.safetensors'))]
  expect([...all.tensors.keys()].sort()).toEqual([...backbone.tensors.keys(), 'centers'].sort())
  for (const name of backbone.tensors.keys()) expect(await all.read(name)).toEqual(await backbone.read(name))
  expect(all.metadata.get('format')).toBe('pt')
  await all.close()
  await convertCheckpoint(at(10), out, false)
  const alone = await openSafetensors(out)
  expect([...alone.tensors.keys()]).toEqual([...backbone.tensors.keys()])
  for (const file of [alone, backbone]) await file.close()
})

test('a state dict has averages in place of their weights, and so has a start', async () => {
  const averaged = statePlan({ devices: 1, train: 'average = ema()' })
  const path = join(root, 'averaged')
  await createCheckpoint(path, (into) => writtenManifest(into, randomState(averaged), factsAt(10)))
  const out = join(root, 'averaged.safetensors')
  await convertCheckpoint(path, out, false)
  const [dict, optimizer] = [await openSafetensors(out), await openSafetensors(join(path, 'optimizer.safetensors'))]
  const average = await optimizer.read('fc.weight.average')
  expect(await dict.read('fc.weight')).toEqual(average)
  expect([...dict.tensors.keys()].filter((name) => name.endsWith('.average'))).toEqual([])
  for (const file of [dict, optimizer]) await file.close()
  const rowsOf = async (asTrained: boolean) => {
    const { file, close } = await openWeightsSource(path, asTrained)
    const rows = await need(file.dictionaries[0]?.tensors.get('fc.weight'), 'fc.weight').rows(0, 1)
    await close()
    return Array.from(rows)
  }
  const first = Array.from(average.data).slice(0, average.shape[1])
  expect(await rowsOf(false)).toEqual(first)
  expect(await rowsOf(true)).not.toEqual(first)
})

test('numbers that are not finite are found', async () => {
  const good = randomState(plan)
  const index = (name: string) => plan.state.findIndex((spec) => spec.name === name)
  const stored: StoredState = {
    ...good,
    async read(replica, i) {
      const tensor = await good.read(replica, i)
      if (i === index('fc.weight')) tensor.data[5] = Number.NaN
      // An infinity as bits.
      if (i === index('centers') && replica === 1) tensor.data.fill(0x7f80, 0, 2)
      return tensor
    },
  }
  await written(30, stored)
  expect((await verifyCheckpoint(at(30))).faults.toSorted()).toEqual([
    'centers has 2 elements that are not finite',
    'fc.weight has 1 elements that are not finite',
  ])
})

test.each([
  [run, ['30', '20', '10']],
  [join(run, 'checkpoints'), ['30', '20', '10']],
  [at(10), ['10']],
])('a path names one checkpoint or all of a run: %#', async (path, steps) => {
  expect((await locateCheckpoints(path)).map((place) => place.path.slice(-2))).toEqual(steps)
})

test.each([root, join(root, 'nothing'), join(run, 'checkpoints/step-000099')])('none: ARC6701, %#', async (path) => {
  await expect(locateCheckpoints(path)).rejects.toMatchObject({ code: 'ARC6701' })
})
