/** The checkpoints of a run: which are kept, how they are written, and what a failure or a kill leaves. */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { openStore, type StoreOptions } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { requireSpace } from '../../../runtime/checkpoint/free-space.ts'
import { readManifest } from '../../../runtime/checkpoint/manifest.ts'
import { asideWriter, startWorker } from '../../../runtime/checkpoint/write-aside.ts'
import { takeSnapshot } from '../../../runtime/state/snapshot.ts'
import { factsAt, randomState, statePlan } from '../../helpers/state.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const stored = randomState(statePlan({ devices: 2 }))
let number = 0

interface Opened {
  readonly folder: string
  readonly written: string[]
  readonly failed: unknown[]
}

function newRun(): Opened {
  const folder = join(root, `run-${++number}`)
  mkdirSync(folder)
  return { folder, written: [], failed: [] }
}

function storeIn({ folder, written, failed }: Opened, options: Partial<StoreOptions> = {}) {
  return openStore({
    folder,
    keep: 3,
    best: undefined,
    onWritten: ({ path }) => written.push(path.slice(folder.length + 1)),
    onFailed: (error) => failed.push(error),
    ...options,
  })
}

const namesIn = ({ folder }: Opened) => readdirSync(join(folder, 'checkpoints')).sort()
const lfw = (accuracy: number) => [{ set: 'lfw', accuracy, deviation: 0, auc: 0.5, xnorm: 1 }]
const stepsOf = (...steps: readonly number[]) => steps.map((step) => `step-${String(step).padStart(6, '0')}`)

test('the newest three of five, and the best', async () => {
  const run = newRun()
  const store = await storeIn(run, { best: 'lfw' })
  for (const [step, accuracy] of [
    [10, 0.6],
    [20, 0.9],
    [30, 0.8],
    [40, 0.9],
    [50, 0.7],
    [60, 0.7],
  ] as const) {
    expect(store.isBest(lfw(accuracy))).toBe(step === 10 || step === 20)
    await store.save(stored, factsAt(step))
    expect(store.has(step)).toBe(true)
    await store.amend(step, lfw(accuracy))
  }
  await store.dispose()
  expect(run.failed).toEqual([])
  expect(namesIn(run)).toEqual(stepsOf(20, 40, 50, 60))
  expect(store.bestStep).toBe(20)
  // A store that is opened later knows what there is.
  const later = await storeIn(run, { best: 'lfw', keep: 1 })
  expect(later.steps).toEqual([60, 50, 40, 20])
  expect(later.isBest(lfw(0.85))).toBe(false)
  await later.save(stored, factsAt(70))
  await later.dispose()
  expect(namesIn(run)).toEqual(stepsOf(20, 70))
})

test.each<[string, Partial<StoreOptions>]>([
  ['by the process', {}],
  ['by a thread', { threadFrom: 0 }],
  ['from the devices', { available: () => 0 }],
])('written %s, it has the same bytes', async (_, options) => {
  const [run, reference] = [newRun(), newRun()]
  const [store, other] = [await storeIn(run, options), await storeIn(reference)]
  await store.save(stored, factsAt(10))
  await store.save(stored, factsAt(20))
  await store.dispose()
  await other.saveNow(stored, factsAt(10))
  await other.dispose()
  const manifest = (opened: Opened) =>
    readFileSync(join(opened.folder, 'checkpoints/step-000010/manifest.json'), 'utf8')
  expect(manifest(run)).toBe(manifest(reference))
  expect(run.written).toEqual(['checkpoints/step-000010', 'checkpoints/step-000020'])
})

test('what a killed process has left is removed', async () => {
  const run = newRun()
  const folder = join(run.folder, 'checkpoints')
  for (const name of ['step-000010.partial', 'step-000005.old.partial']) {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'backbone.safetensors'), 'half')
  }
  writeFileSync(join(folder, 'step-000003.manifest.partial'), '{')
  await (await storeIn(run)).dispose()
  expect(namesIn(run)).toEqual([])
})

test('killed while a checkpoint was replaced: the former one is back, or the new one is there', async () => {
  const run = newRun()
  const store = await storeIn(run)
  for (const step of [10, 20]) await store.saveNow(stored, factsAt(step))
  await store.dispose()
  const folder = join(run.folder, 'checkpoints')
  cpSync(join(folder, 'step-000020'), join(folder, 'step-000020.replaced.partial'), { recursive: true })
  renameSync(join(folder, 'step-000010'), join(folder, 'step-000010.replaced.partial'))
  const later = await storeIn(run, { from: 10 })
  expect(namesIn(run)).toEqual(stepsOf(10, 20))
  expect(later.steps).toEqual([20, 10])
  // The one that it goes on from is not written again.
  await later.saveNow({ ...stored, read: () => Promise.reject(new Error('read')) }, factsAt(10))
  await later.dispose()
})

test('a damaged one does not count and is replaced when its step comes again', async () => {
  const run = newRun()
  const store = await storeIn(run)
  for (const step of [10, 20]) await store.saveNow(stored, factsAt(step))
  await store.dispose()
  const file = join(run.folder, 'checkpoints/step-000020/backbone.safetensors')
  writeFileSync(file, 'damaged')
  const later = await storeIn(run, { keep: 1, damaged: new Set([20]) })
  expect(later.steps).toEqual([10])
  await later.saveNow(stored, factsAt(15))
  expect(namesIn(run)).toEqual(stepsOf(15, 20))
  await later.saveNow(stored, factsAt(20))
  expect(namesIn(run)).toEqual(stepsOf(20))
  expect(readFileSync(file).length).toBe(
    (await readManifest(join(run.folder, 'checkpoints/step-000020'))).files[0]?.bytes,
  )
  await later.dispose()
})

test('going back removes what is later, also what is still being written, and such steps are written again', async () => {
  const run = newRun()
  const store = await storeIn(run, { keep: 4, best: 'lfw', threadFrom: 0 })
  for (const step of [10, 20, 30]) await store.save(stored, factsAt(step))
  await store.amend(30, lfw(0.9))
  await store.save(stored, factsAt(40))
  await store.abandonAfter(10, new Set([20]))
  // The one that cannot be read now is left on the disk, and does not count.
  expect(namesIn(run)).toEqual(stepsOf(10, 20))
  expect([store.steps, store.bestStep, store.has(30)]).toEqual([[10], undefined, false])
  await store.saveNow(stored, factsAt(20))
  await store.saveNow(stored, factsAt(30))
  expect(store.steps).toEqual([30, 20, 10])
  await store.dispose()
  expect(run.failed).toEqual([])
})

test('a failure of the disk leaves the ones before, is reported, and the next one is written', async () => {
  const run = newRun()
  const store = await storeIn(run)
  await store.save(stored, factsAt(10))
  await store.dispose()
  const broken: typeof stored = {
    ...stored,
    read: () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' })),
  }
  await expect(store.saveNow(broken, factsAt(20))).rejects.toMatchObject({
    code: 'ARC6404',
    message: expect.stringContaining('the disk is full'),
  })
  expect(namesIn(run)).toEqual(stepsOf(10))
  rmSync(join(run.folder, 'checkpoints'), { recursive: true })
  await store.save(stored, factsAt(30))
  await store.dispose()
  expect(run.failed).toMatchObject([{ code: 'ARC6707' }])
  mkdirSync(join(run.folder, 'checkpoints'))
  await store.saveNow(stored, factsAt(40))
  expect(namesIn(run)).toEqual(stepsOf(40))
})

test('saves that are requested at the same time take turns; the same step is written once', async () => {
  const run = newRun()
  const store = await storeIn(run)
  await Promise.all([
    store.saveNow(stored, factsAt(10)),
    store.saveNow(stored, factsAt(10)),
    store.save(stored, factsAt(20)),
    store.saveNow(stored, factsAt(20)),
  ])
  await store.dispose()
  expect(run).toMatchObject({ written: ['checkpoints/step-000010', 'checkpoints/step-000020'], failed: [] })
})

test('an old one that cannot be removed does not make the new one fail', async () => {
  const run = newRun()
  const store = await storeIn(run)
  // Its name with an ending is longer than any file system allows.
  const old = `step-${'5'.padStart(248, '0')}`
  mkdirSync(join(run.folder, 'checkpoints', old))
  await store.save(stored, factsAt(10))
  await store.saveNow(stored, factsAt(20))
  await store.dispose()
  expect(run.written).toEqual(['checkpoints/step-000010', 'checkpoints/step-000020'])
  expect(run.failed).toMatchObject([{ code: 'ARC6707' }, { code: 'ARC6707' }])
  expect(namesIn(run)).toEqual([old, ...stepsOf(10, 20)])
})

test('too little space is an error that names folder, free and needed bytes', async () => {
  const needs = { folder: root, each: 2 ** 60, copies: 4, beside: 1 }
  await expect(requireSpace(needs)).rejects.toMatchObject({
    code: 'ARC6700',
    params: { folder: root, needed: 4 * 2 ** 60 + 1, free: expect.any(Number) },
  })
  await requireSpace({ ...needs, each: 1 })
})

test('a thread that dies is an error; the next checkpoint has another', async () => {
  const run = newRun()
  mkdirSync(run.folder, { recursive: true })
  let dies = true
  const writer = asideWriter(() => {
    const worker = dies ? new Worker('process.exit(3)', { eval: true }) : startWorker()
    dies = false
    return worker
  })
  const request = async () => ({ folder: run.folder, snapshot: await takeSnapshot(stored), facts: factsAt(10) })
  await expect(writer.write(await request())).rejects.toMatchObject({
    code: 'ARC6707',
    params: { reason: 'its thread died: exit code 3' },
  })
  expect(await writer.write(await request())).toHaveLength(4)
  await writer.dispose()
})
