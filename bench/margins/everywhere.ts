/** `npm run bench:margins-everywhere`: every margin in every precision, on both engines, and resumed. */
import { join } from 'node:path'
import { isCount } from '../../compiler/ir/state-tensor.ts'
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { createCheckpoint } from '../../runtime/checkpoint/checkpoint-folder.ts'
import { sha256Of } from '../../runtime/checkpoint/manifest.ts'
import { openCheckpoint } from '../../runtime/checkpoint/open-checkpoint.ts'
import { restoreState } from '../../runtime/checkpoint/restore.ts'
import type { Engine } from '../../runtime/engine.ts'
import type { DeviceState } from '../../runtime/state/device-state.ts'
import { pictureCounts } from '../../runtime/state/picture-counts.ts'
import { compileStep, newState } from '../../runtime/train/programs.ts'
import { narrowBatch, narrowText } from '../../test/helpers/narrow.ts'
import { planOf } from '../../test/helpers/plan.ts'
import { writtenManifest } from '../../test/helpers/state.ts'
import type { ComparedMargin } from './margins.ts'

export const precisions = ['f32', 'bf16', 'f16'] as const

/** Of the runs of one margin. */
export interface Way {
  readonly precision: (typeof precisions)[number]
  readonly devices: number
  readonly isSampled: boolean
}

const classes = 12
const steps = 3

function planWith({ uses, text, centers = '' }: ComparedMargin, { precision, devices, isSampled }: Way): Plan {
  const sampled = isSampled ? ', sample_rate = 50%, chunk = 3 rows' : ''
  const experiment = narrowText({
    devices,
    batch: 8 / devices,
    classes,
    margin: text,
    centers: `${centers}${centers === '' ? sampled.slice(2) : sampled}`,
    train: `precision = ${precision}`,
    backbone: 'flat',
    declarations: 'backbone flat() on Image(8, 8, 3) -> Vector(16) { input |> flatten |> linear(16) as fc }',
  })
  return planOf(experiment.replace(/use std\.margins: .*/, `use std.margins: ${uses.join(', ')}`))
}

/** Pictures of the classes, which the narrow problem draws alike. */
const pictures = Array.from({ length: classes }, (_, c) => 2 + 5 * c)

/**
 * Trains from a state until `to` steps are done; the losses up to the first step that was skipped because a gradient overflowed in f16,
 * since the state lags behind then. The caller disposes the state.
 */
async function trainOn(engine: Engine, plan: Plan, state: DeviceState, to: number): Promise<readonly number[]> {
  const program = await compileStep(engine, plan)
  const losses: number[] = []
  let skipped = 0
  while (state.steps < to) {
    const given = await engine.uploadAll(narrowBatch(plan, state.steps))
    const run = await state.step(program, given)
    await run.end()
    const { data } = await need(run.outputs[0]?.[0], 'metrics').read()
    const loss = need(data[stepMetrics.indexOf('loss')], 'a loss')
    if (skipped === 0 || !Number.isFinite(loss)) losses.push(loss)
    skipped += data[stepMetrics.indexOf('skipped')] ?? 0
    for (const tensor of [...given.flat(), ...run.outputs.flat()]) tensor.dispose()
  }
  program.dispose()
  return losses
}

/** The state of step 0, with the pictures of the classes. */
async function firstState(engine: Engine, plan: Plan): Promise<DeviceState> {
  const state = await newState(engine, plan)
  for (const [index, spec] of plan.state.entries()) {
    if (!isCount(spec)) continue
    for (const [replica, shard] of plan.shards.entries())
      state.replace(replica, index, await engine.upload(replica, pictureCounts(spec, pictures, shard)))
  }
  return state
}

async function lossesOf(engine: Engine, plan: Plan): Promise<readonly number[]> {
  const state = await firstState(engine, plan)
  const losses = await trainOn(engine, plan, state, steps)
  state.dispose()
  return losses
}

/** SHA-256 of the files of a checkpoint of the state, which is written to `path` and freed. */
async function saved(path: string, state: DeviceState): Promise<readonly string[]> {
  const facts = {
    experiment: 'narrow',
    step: state.steps,
    epoch: 0,
    reason: 'end',
    devices: state.shards.length,
  } as const
  const more = { arcc: 'bench', plan: sha256Of(''), metrics: [] }
  const { files } = await createCheckpoint(path, (into) => writtenManifest(into, state, { ...facts, ...more }))
  state.dispose()
  return files.map(({ sha256 }) => sha256)
}

/** Whether a run that goes on from its checkpoint after 2 of 4 steps ends with the bytes of one that was not interrupted. */
export async function isSameResumed(
  margin: ComparedMargin,
  way: Way,
  engine: Engine,
  folder: string,
): Promise<boolean> {
  const plan = planWith(margin, way)
  const straight = await firstState(engine, plan)
  await trainOn(engine, plan, straight, 4)
  const wanted = await saved(join(folder, 'straight'), straight)
  const first = await firstState(engine, plan)
  await trainOn(engine, plan, first, 2)
  await saved(join(folder, 'half'), first)
  const checkpoint = await openCheckpoint(join(folder, 'half'))
  const second = await restoreState(engine, plan, checkpoint, 2)
  await checkpoint.close()
  await trainOn(engine, plan, second, 4)
  const found = await saved(join(folder, 'resumed'), second)
  return found.length > 0 && found.join() === wanted.join()
}

/** How far losses are from others, relative to those; infinite if one is not finite. */
const apart = (losses: readonly number[], wanted: readonly number[]) => {
  const differences = losses.map((loss, i) => Math.abs(loss - (wanted[i] ?? 0)) / Math.abs(wanted[i] ?? 0))
  return differences.every(Number.isFinite) ? Math.max(...differences) : Number.POSITIVE_INFINITY
}

/** Differences that rounding explains, of the loss after three steps, relative. */
const largest: Readonly<Record<Way['precision'], number>> = { f32: 1e-5, bf16: 0.02, f16: 0.002 }

export interface Everywhere {
  readonly way: Way
  /** From f32 on one device of the engine tfjs, by engine. */
  readonly xla: number
  readonly tfjs: number
  readonly isFine: boolean
}

/** Trains a margin on both engines of so many devices, in each precision, sampled and not. */
export async function trainEverywhere(
  margin: ComparedMargin,
  devices: number,
  xla: Engine,
  tfjs: Engine,
  reference: Engine,
): Promise<readonly Everywhere[]> {
  const found: Everywhere[] = []
  for (const isSampled of [false, true]) {
    const wanted = await lossesOf(reference, planWith(margin, { precision: 'f32', devices: 1, isSampled }))
    for (const precision of precisions) {
      const way = { precision, devices, isSampled }
      const plan = planWith(margin, way)
      const on = async (engine: Engine) => apart(await lossesOf(engine, plan), wanted)
      const [onXla, onTfjs] = [await on(xla), await on(tfjs)]
      found.push({ way, xla: onXla, tfjs: onTfjs, isFine: Math.max(onXla, onTfjs) <= largest[precision] })
    }
  }
  return found
}
