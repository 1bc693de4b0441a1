/** Checkpoints that several processes write together: the same state as that of one, on any number of devices and of processes. */
import { mkdirSync, readdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type CheckpointStore, openStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { openCheckpoint } from '../../../runtime/checkpoint/open-checkpoint.ts'
import { restoreState } from '../../../runtime/checkpoint/restore.ts'
import { verifyCheckpoint } from '../../../runtime/checkpoint/verify-checkpoint.ts'
import { createJoint } from '../../../runtime/peers/joint.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { factsAt, randomState, type StatePlanOptions, statePlan } from '../../helpers/state.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { testNodes } from '../../helpers/test-nodes.ts'

const root = temporaryFolder()
let number = 0

interface Run {
  readonly folder: string
  readonly stores: readonly CheckpointStore[]
  readonly failures: unknown[][]
}

async function runOf(
  nodes: number,
  threadFrom?: number,
  pathOf = (folder: string, _rank: number) => folder,
): Promise<Run> {
  const folder = join(root, String(++number))
  mkdirSync(folder)
  const failures: unknown[][] = Array.from({ length: nodes }, () => [])
  const stores = await Promise.all(
    testNodes(nodes).peers.map((peers, rank) =>
      openStore({
        folder: pathOf(folder, rank),
        keep: 2,
        best: 'lfw',
        onWritten: () => undefined,
        onFailed: (error) => failures[rank]?.push(error),
        joint: createJoint(peers, 'checkpoints'),
        ...(threadFrom === undefined ? {} : { threadFrom }),
      }),
    ),
  )
  return { folder, stores, failures }
}

/** Saves the state after a step from all processes. */
async function save({ stores }: Run, options: StatePlanOptions, step: number, accuracy = 0.5): Promise<void> {
  const plan = statePlan(options)
  const local = plan.replicas / stores.length
  const metrics = [{ set: 'lfw', accuracy, deviation: 0, auc: 1, xnorm: 1 }]
  const facts = { ...factsAt(step, metrics), devices: plan.replicas }
  await Promise.all(
    stores.map((store, rank) => store.save(randomState(plan, { size: plan.replicas, local, rank }), facts)),
  )
  await Promise.all(stores.map((store) => store.settled()))
}

const end = ({ stores }: Run) => Promise.all(stores.map((store) => store.dispose()))
const filesOf = (run: Run, step: string) => readdirSync(join(run.folder, 'checkpoints', step)).sort()

const variants: readonly (readonly [string, Omit<StatePlanOptions, 'devices'>, readonly string[]])[] = [
  [
    'local statistics',
    {},
    [
      'backbone.safetensors',
      'centers-00001-of-00002.safetensors',
      'centers-00002-of-00002.safetensors',
      'manifest.json',
      'optimizer.safetensors',
      'replicas-00001-of-00002.safetensors',
      'replicas-00002-of-00002.safetensors',
    ],
  ],
  [
    'synced statistics, replicated centers',
    { train: 'batch_norm = synced', centers: 'placement = replicate' },
    ['backbone.safetensors', 'centers-00001-of-00001.safetensors', 'manifest.json', 'optimizer.safetensors'],
  ],
]

test.each(variants)('%s: the state that one process has', async (_, options, files) => {
  const run = await runOf(2)
  await save(run, { ...options, devices: 4 }, 10)
  expect(run.failures).toEqual([[], []])
  expect(filesOf(run, 'step-000010')).toEqual(files)
  const path = join(run.folder, 'checkpoints', 'step-000010')
  expect((await verifyCheckpoint(path)).faults).toEqual([])
  const plan = statePlan({ ...options, devices: 4 })
  const whole = randomState(plan)
  const checkpoint = await openCheckpoint(path)
  const engine = await createTfjsEngine({ world: oneProcess(4), backend: 'cpu' })
  const state = await restoreState(engine, plan, checkpoint, 10)
  for (const [index, spec] of plan.state.entries())
    for (const replica of plan.shards.keys()) {
      const rows = spec.placement === 'sharded' ? (plan.shards[replica]?.count ?? 0) : spec.shape[0]
      const width = rows === undefined ? undefined : rows * spec.shape.slice(1).reduce((a, b) => a * b, 1)
      const [was, is] = [await whole.read(replica, index), await state.read(replica, index)]
      expect([spec.name, is.data.subarray(0, width)]).toEqual([spec.name, was.data.subarray(0, width)])
    }
  state.dispose()
  engine.dispose()
  await checkpoint.close()
  await end(run)
})

test('all processes keep the same ones, written by threads', async () => {
  const run = await runOf(2, 0)
  for (const [step, accuracy] of [
    [1, 0.5],
    [2, 0.9],
    [3, 0.6],
    [4, 0.7],
  ] as const)
    await save(run, { devices: 2 }, step, accuracy)
  expect(run.stores.map(({ steps, bestStep }) => [steps, bestStep])).toEqual([
    [[4, 3, 2], 2],
    [[4, 3, 2], 2],
  ])
  expect(readdirSync(join(run.folder, 'checkpoints')).sort()).toEqual(['step-000002', 'step-000003', 'step-000004'])
  await end(run)
})

test('one process that cannot write its part: none has a checkpoint, all have the error of that one', async () => {
  const run = await runOf(2)
  const plan = statePlan({ devices: 2 })
  const facts = { ...factsAt(5), devices: 2 }
  const saving = run.stores.map((store, rank) => {
    const stored = randomState(plan, { size: 2, local: 1, rank })
    // A state that does not fit in memory is written from the devices, of which one fails here.
    const failing = {
      ...stored,
      read: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOSPC', syscall: 'write' })),
    }
    return store.saveNow(rank === 0 ? stored : failing, facts)
  })
  const outcomes = await Promise.allSettled(saving)
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : ''))).toEqual([
    'ARC6404',
    'ARC6404',
  ])
  const [first] = outcomes
  expect(first?.status === 'rejected' && first.reason.message).toMatch(/^rank 1 \(node-1\): .*disk is full/)
  expect(run.stores.map((store) => store.has(5))).toEqual([false, false])
  expect(readdirSync(join(run.folder, 'checkpoints'))).toEqual([])
  await end(run)
})

test('one process that sees the folder no more does not wait for it; all know the error, whichever call they are in', async () => {
  const link = join(root, 'link')
  const run = await runOf(2, undefined, (folder, rank) => {
    if (rank !== 1) return folder
    symlinkSync(folder, link)
    return link
  })
  unlinkSync(link)
  const plan = statePlan({ devices: 2 })
  const saving = run.stores.map((store, rank) =>
    store.saveNow(randomState(plan, { size: 2, local: 1, rank }), { ...factsAt(5), devices: 2 }),
  )
  const outcomes = await Promise.allSettled(saving)
  const errors = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined))
  expect(errors.map((error) => error.message.startsWith('rank 1 (node-1): '))).toEqual([true, false])
  expect(new Set(errors.map(({ code }) => code)).size).toBe(1)
  const others = testNodes(2).peers.map((peers) => createJoint(peers, 'other'))
  expect(others.map((joint, rank) => joint.isKnown(errors[rank]))).toEqual([true, true])
  await end(run)
})
