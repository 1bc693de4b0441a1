/** `arcc replay`: computes a step again that was not finite, and finds the first value that is not. */
import { showType } from '../../compiler/ir/dtype.ts'
import type { Origin } from '../../compiler/ir/graph.ts'
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceRequest } from '../backend/backend.ts'
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts'
import { restoreState, stateDifferences } from '../checkpoint/restore.ts'
import type { Engine, HostTensor } from '../engine.ts'
import type { EngineName } from '../engine-name.ts'
import { createEngine } from '../engines/create-engine.ts'
import type { DeviceState } from '../state/device-state.ts'
import { nonFiniteTensors } from '../state/finite.ts'
import { oneProcess } from '../world.ts'
import { trainErrors } from './messages.ts'
import type { StepMetrics } from './non-finite.ts'
import { compileStep } from './programs.ts'
import { type FailedStepFacts, readFailedStep, statePath } from './step-dump.ts'

/** The op whose result was the first that is not finite. */
export interface FirstNonFinite {
  /** `exp`, `dot_general`, … */
  readonly kind: string
  /** `f32[4,512]` */
  readonly type: string
  readonly origin: Origin
  readonly device: number
  readonly found: 'not a number' | 'infinite'
}

export interface Replay {
  readonly facts: FailedStepFacts
  /** On the engine of the replay. */
  readonly metrics: StepMetrics
  /** Whether every metric is the recorded one, bit for bit. */
  readonly isSame: boolean
  /** Tensors of the state before the step that were not finite already. */
  readonly spoiled: readonly string[]
  /** `undefined` if all values are finite in the interpreter, whose rounding differs from XLA's. */
  readonly first: FirstNonFinite | undefined
}

export interface ReplayOptions {
  readonly engine: EngineName
  readonly devices?: DeviceRequest
}

/**
 * Replays the step in a folder `failures/step-NNNNNN` with the plan of its run. Throws ARC6726 if the folder has none, ARC6727 if the
 * state or the number of devices is not that of the plan, and errors of checkpoints and devices.
 */
export async function replayStep(
  plan: Plan,
  folder: string,
  { engine: name, devices }: ReplayOptions,
): Promise<Replay> {
  const { facts, inputs } = await readFailedStep(folder)
  if (facts.devices !== plan.replicas)
    throw trainErrors('ARC6727', { folder, reason: `it ran on ${facts.devices} devices, not on ${plan.replicas}` })
  const engine = await createEngine(name, oneProcess(plan.replicas), () => undefined, devices)
  try {
    const state = await stateBefore(engine, plan, folder, facts.state)
    try {
      const before = await readAll(plan, state)
      const metrics = await runStep(engine, plan, state, inputs)
      const isSame = stepMetrics.every((metric) => String(metrics[metric]) === facts.metrics[metric])
      const devices = [...before.keys()]
      const spoiled = await nonFiniteTensors(plan, devices, async (device, i) => need(before[device]?.[i], 'a tensor'))
      const first = await firstNonFinite(
        plan,
        before.map((own, device) => [...own, ...need(inputs[device], 'inputs')]),
      )
      return { facts, metrics, isSame, spoiled, first }
    } finally {
      state.dispose()
    }
  } finally {
    engine.dispose()
  }
}

async function stateBefore(engine: Engine, plan: Plan, folder: string, steps: number): Promise<DeviceState> {
  const checkpoint = await openCheckpoint(statePath(folder))
  try {
    const [difference] = stateDifferences(plan, checkpoint.types)
    if (difference !== undefined)
      throw trainErrors('ARC6727', { folder, reason: `of the state before the step, ${difference}` })
    return await restoreState(engine, plan, checkpoint, steps)
  } finally {
    await checkpoint.close()
  }
}

/** `[device][i]`, in the order of the plan. */
function readAll(plan: Plan, state: DeviceState): Promise<HostTensor[][]> {
  return Promise.all(plan.shards.map((_, device) => Promise.all(plan.state.map((_, i) => state.read(device, i)))))
}

async function runStep(
  engine: Engine,
  plan: Plan,
  state: DeviceState,
  inputs: readonly (readonly HostTensor[])[],
): Promise<StepMetrics> {
  const program = await compileStep(engine, plan)
  try {
    const given = await engine.uploadAll(inputs)
    const run = await state.step(program, given)
    await run.end()
    const { data } = await need(run.outputs[0]?.[0], 'metrics').read()
    for (const tensor of [...run.outputs.flat(), ...given.flat()]) tensor.dispose()
    const [loss, gradient_norm, rate, loss_scale, skipped] = stepMetrics.map((_, i) => need(data[i], 'a metric'))
    return {
      loss: need(loss, 'loss'),
      gradient_norm: need(gradient_norm, 'norm'),
      rate: need(rate, 'rate'),
      loss_scale: need(loss_scale, 'scale'),
      skipped: need(skipped, 'skipped'),
    }
  } finally {
    program.dispose()
  }
}

async function firstNonFinite(
  plan: Plan,
  inputs: readonly (readonly HostTensor[])[],
): Promise<FirstNonFinite | undefined> {
  const { findNonFinite } = await import('../tfjs/first-non-finite.ts')
  const { notANumber, infinite } = await findNonFinite(plan.graphs.step, inputs)
  const culprit = notANumber ?? infinite
  if (culprit === undefined) return undefined
  const { op, replica: device } = culprit
  return {
    kind: op.kind,
    type: op.results.map(({ type }) => showType(type)).join(', '),
    origin: op.origin,
    device,
    found: notANumber === undefined ? 'infinite' : 'not a number',
  }
}
