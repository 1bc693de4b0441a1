/**
 * Training that goes on from checkpoints: bit for bit on the same devices, and with the losses of the uninterrupted run on other
 * numbers of devices and on the other engine.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { createCheckpoint } from '../../runtime/checkpoint/checkpoint-folder.ts'
import { openCheckpoint } from '../../runtime/checkpoint/open-checkpoint.ts'
import { restoreState, stateDifferences } from '../../runtime/checkpoint/restore.ts'
import type { Engine } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { compileStep, newState } from '../../runtime/train/programs.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowBatch } from '../helpers/narrow.ts'
import { seriesDifference } from '../helpers/run.ts'
import { factsAt, statePlan, writtenManifest } from '../helpers/state.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const root = temporaryFolder()

interface Segment {
  readonly losses: readonly number[]
  /** The checkpoint after the last step. */
  readonly path: string
  /** SHA-256 of its files. */
  readonly hashes: readonly string[]
}

/** Trains steps [from, to) from a checkpoint, or from the beginning, and writes another one. */
async function trainOn(engine: Engine, plan: Plan, name: string, to: number, before?: string): Promise<Segment> {
  const checkpoint = before === undefined ? undefined : await openCheckpoint(before)
  const from = checkpoint?.manifest.step ?? 0
  if (checkpoint !== undefined) expect(stateDifferences(plan, checkpoint.types)).toEqual([])
  const state =
    checkpoint === undefined ? await newState(engine, plan) : await restoreState(engine, plan, checkpoint, from)
  await checkpoint?.close()
  const program = await compileStep(engine, plan)
  const losses: number[] = []
  for (let step = from; step < to; step++) {
    const given = await engine.uploadAll(narrowBatch(plan, step))
    const run = await state.step(program, given)
    await run.end()
    const { data } = await need(run.outputs[0]?.[0], 'metrics').read()
    losses.push(need(data[stepMetrics.indexOf('loss')], 'a loss'))
    for (const tensor of [...given.flat(), ...run.outputs.flat()]) tensor.dispose()
  }
  expect(state.steps).toBe(to)
  const folder = join(root, name)
  mkdirSync(folder)
  const path = join(folder, `step-${to}`)
  const manifest = await createCheckpoint(path, (into) => writtenManifest(into, state, factsAt(to)))
  state.dispose()
  program.dispose()
  return { losses, path, hashes: manifest.files.map(({ sha256 }) => sha256) }
}

const onXla = (plan: Plan, ...rest: [name: string, to: number, before?: string]) =>
  withXla(plan.replicas, (engine) => trainOn(engine, plan, ...rest))

async function onTfjs(plan: Plan, ...rest: [name: string, to: number, before?: string]): Promise<Segment> {
  const engine = await createTfjsEngine({ world: oneProcess(plan.replicas), backend: 'cpu' })
  try {
    return await trainOn(engine, plan, ...rest)
  } finally {
    engine.dispose()
  }
}

describeOnXla('a run that goes on from a checkpoint', () => {
  test('on 4, 2, 8 and 1 devices, and on the other engine and back: the losses of the uninterrupted one', async () => {
    const on = (devices: number) => statePlan({ devices, train: 'batch_norm = synced, clip = 5' })
    const straight = await onXla(on(4), 'straight', 18)
    const segments = [await onXla(on(4), 'on-4', 3)]
    const next = async (run: typeof onXla, devices: number, name: string, to: number) =>
      void segments.push(await run(on(devices), name, to, segments.at(-1)?.path))
    await next(onXla, 2, 'on-2', 6)
    await next(onXla, 8, 'on-8', 9)
    await next(onXla, 1, 'on-1', 12)
    await next(onTfjs, 2, 'on-tfjs', 15)
    await next(onXla, 4, 'on-4-again', 18)
    const losses = segments.flatMap((segment) => segment.losses)
    expect(new Set(losses).size).toBe(18)
    expect(seriesDifference(losses, straight.losses)).toBeLessThan(1e-4)
  })

  test('on the same devices: every bit, with statistics of each device and stochastic rounding', async () => {
    const plan = statePlan({
      devices: 2,
      train: 'precision = f16',
      centers: 'weights = bf16, state = int8, sample_rate = 50%',
    })
    const straight = await onXla(plan, 'same-straight', 6)
    const first = await onXla(plan, 'same-first', 3)
    const second = await onXla(plan, 'same-second', 6, first.path)
    expect([...first.losses, ...second.losses]).toEqual(straight.losses)
    expect(second.hashes).toEqual(straight.hashes)
    expect(second.hashes).toHaveLength(4)
  })
})
