/** A checkpoint and the states that are restored from it: bit for bit on the same devices, by global class on others. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isClassTable } from '../../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../../compiler/plan/plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { checkpointFiles } from '../../../runtime/checkpoint/checkpoint-files.ts'
import { createCheckpoint } from '../../../runtime/checkpoint/checkpoint-folder.ts'
import { openCheckpoint } from '../../../runtime/checkpoint/open-checkpoint.ts'
import { restoreState, stateDifferences } from '../../../runtime/checkpoint/restore.ts'
import { openSafetensors } from '../../../runtime/safetensors.ts'
import type { StoredState } from '../../../runtime/state/stored-state.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { factsAt, randomState, type StatePlanOptions, statePlan, writtenManifest } from '../../helpers/state.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { wholeOf } from '../../helpers/whole-stream.ts'

const root = temporaryFolder()
let number = 0

async function written(stored: StoredState): Promise<string> {
  const folder = join(root, String(++number))
  mkdirSync(folder)
  const path = join(folder, 'step-000010')
  await createCheckpoint(path, (into) => writtenManifest(into, stored, factsAt(10)))
  return path
}

/** Restores a checkpoint to the devices of a plan. */
async function restored<T>(path: string, plan: Plan, body: (state: StoredState) => Promise<T>): Promise<T> {
  const engine = await createTfjsEngine({ world: oneProcess(plan.replicas), backend: 'cpu' })
  const checkpoint = await openCheckpoint(path)
  expect(stateDifferences(plan, checkpoint.types)).toEqual([])
  const state = await restoreState(engine, plan, checkpoint, 7)
  try {
    expect(state.steps).toBe(7)
    return await body(state)
  } finally {
    await checkpoint.close()
    state.dispose()
    expect(engine.alive).toBe(0)
    engine.dispose()
  }
}

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

/** The hashes of the files of a checkpoint that do not depend on the number of devices. */
function shared(path: string): ReadonlyMap<string, string> {
  const names = readdirSync(path).filter((name) => /^(backbone|optimizer|centers.*)\.safetensors$/.test(name))
  return new Map(names.sort().map((name) => [name, hashOf(join(path, name))]))
}

const variants: readonly (readonly [string, Omit<StatePlanOptions, 'devices'>])[] = [
  ['local statistics', {}],
  ['synced statistics, no momentum', { train: 'batch_norm = synced', optimizer: 'sgd(lr: 0.05)' }],
  ['two states, f16', { train: 'precision = f16', optimizer: 'adamw(lr: 0.01)' }],
  ['bf16 and int8, padded chunks', { centers: 'weights = bf16, state = int8, chunk = 4 rows' }],
  ['three centers of each class', { centers: 'per_class = 3, weights = bf16, state = int8' }],
  ['replicated centers', { centers: 'placement = replicate' }],
]

describe.each(variants)('%s', (_, options) => {
  test('on the same devices: every bit of every device', async () => {
    const plan = statePlan({ ...options, devices: 2 })
    const before = randomState(plan)
    await restored(await written(before), plan, async (after) => {
      for (const [index, spec] of plan.state.entries()) {
        for (const [replica, { count }] of plan.shards.entries()) {
          const [was, is] = [await before.read(replica, index), await after.read(replica, index)]
          const width = isClassTable(spec) ? count * (spec.shape[1] ?? 1) : was.data.length
          expect(is.data.subarray(0, width), `${spec.name} on ${replica}`).toEqual(was.data.subarray(0, width))
        }
      }
    })
  })

  test('from 4 to 2, 8 and 1 devices: the same files', async () => {
    let path = await written(randomState(statePlan({ ...options, devices: 4 })))
    const expected = shared(path)
    expect(expected.size).toBeGreaterThanOrEqual(2)
    for (const devices of [2, 8, 1]) {
      path = await restored(path, statePlan({ ...options, devices }), written)
      expect(shared(path)).toEqual(expected)
    }
  })
})

test('statistics of four devices on eight and on two: device i takes those of i modulo four', async () => {
  const four = statePlan({ devices: 4 })
  const before = randomState(four)
  const index = four.state.findIndex(({ placement }) => placement === 'local')
  const path = await written(before)
  for (const devices of [8, 2]) {
    await restored(path, statePlan({ devices }), async (after) => {
      for (let replica = 0; replica < devices; replica++)
        expect(await after.read(replica, index)).toEqual(await before.read(replica % 4, index))
    })
  }
})

test('tables in several files: each table of each device is read once, and the rows are the same', async () => {
  const plan = statePlan({ devices: 4 })
  const state = randomState(plan)
  const reads: string[] = []
  const counted: StoredState = {
    ...state,
    read(replica, index) {
      reads.push(`${replica} ${index}`)
      return state.read(replica, index)
    },
  }
  const [whole, parts] = [checkpointFiles(state, new Map()), checkpointFiles(counted, new Map(), 60)]
  const centers = (files: typeof whole) => files.filter(({ name }) => name.startsWith('centers'))
  expect(centers(parts).map(({ metadata }) => [...metadata.values()].join(' '))).toEqual([
    '0 1',
    '1 2',
    '3 2',
    '5 2',
    '7 2',
    '9 2',
  ])
  for (const table of ['centers', 'centers.velocity']) {
    const rows: number[] = []
    for (const { tensors } of centers(parts)) rows.push(...(await wholeOf(need(tensors.get(table), table))).data)
    const [only] = centers(whole)
    expect(rows).toEqual([...(await wholeOf(need(only?.tensors.get(table), table))).data])
  }
  expect(new Set(reads).size).toBe(reads.length)
  expect(reads).toHaveLength(8)
})

test('rows without a class are numbers with a direction', async () => {
  const plan = statePlan({ devices: 8 })
  expect(plan.shards.some(({ count }) => count === 1)).toBe(true)
  const index = plan.state.findIndex(({ role }) => role === 'centers')
  await restored(await written(randomState(plan)), plan, async (after) => {
    for (let replica = 0; replica < 8; replica++) {
      const { data } = await after.read(replica, index)
      expect(data).toHaveLength(8)
      for (const row of [data.subarray(0, 4), data.subarray(4)]) expect(row.some((value) => value !== 0)).toBe(true)
    }
  })
})

test('filters of a GPU have the dim order of a state dict', async () => {
  const gpu = statePlan({ devices: 1, kind: 'gpus' })
  expect(gpu.state.some(({ storage }) => storage === 'ohwi')).toBe(true)
  const path = await written(randomState(gpu))
  const file = await openSafetensors(join(path, 'backbone.safetensors'))
  expect(need(file.tensors.get('conv1.weight'), 'the filter').shape).toEqual([2, 3, 3, 3])
  expect(file.metadata.get('format')).toBe('pt')
  await file.close()
  const again = await restored(path, statePlan({ devices: 2 }), written)
  expect(shared(again)).toEqual(shared(path))
})

test.each<[string, Partial<StatePlanOptions>, string]>([
  ['classes', { classes: 12 }, 'its centers is f32[11,4], not f32[12,4]'],
  ['the embedding', { embedding: 5 }, 'its fc.weight is f32[4,18], not f32[5,18]'],
  ['the optimizer', { optimizer: 'adamw(lr: 0.01)' }, 'it has no fc.weight.'],
  ['optimizer, of which nothing is left,', { optimizer: 'adamw(lr: 0.01)' }, 'its fc.weight.velocity is not used here'],
  ['the centers of each class', { centers: 'per_class = 2' }, 'its centers is f32[11,4], not f32[11,8]'],
  ['the type of the centers', { centers: 'weights = bf16' }, 'its centers is f32[11,4], not bf16[11,4]'],
  ['loss scaling', { train: 'precision = f16' }, 'it has no loss_scale.factor, which is f32[] here'],
])('a state with other %s does not fit', async (_, change, expected) => {
  const checkpoint = await openCheckpoint(await written(randomState(statePlan({ devices: 2 }))))
  const differences = stateDifferences(statePlan({ devices: 2, ...change }), checkpoint.types)
  await checkpoint.close()
  expect(differences.join('\n')).toContain(expected)
})
