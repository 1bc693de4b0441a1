/** Trains experiments for a few steps in tests and benchmarks, and compares what came out. */
import { type StepMetric, stepMetrics } from '../../compiler/ir/step-metrics.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, EngineMemory, HostTensor } from '../../runtime/engine.ts'
import { heldTensors } from '../../runtime/state/held-tensors.ts'
import { compileStep } from '../../runtime/train/programs.ts'
import { narrowBatch } from './narrow.ts'
import { planOf } from './plan.ts'

/** Instead of a state tensor of the beginning; `undefined` leaves it. */
export type Edit = (name: string, tensor: HostTensor) => HostTensor | undefined

export interface RunOptions {
  /** Of as many devices as the experiment has. */
  readonly engine: Engine
  readonly steps: number
  readonly edit?: Edit
  /** The inputs of a step beyond the state, by replica; drawn at random where nothing is said. */
  readonly batch?: (plan: Plan, step: number) => HostTensor[][]
}

export interface Run {
  readonly plan: Plan
  /** Of each step: `stepMetrics` of replica 0. */
  readonly metrics: readonly (readonly number[])[]
  /** The state in the beginning, by replica and in the plan's order. */
  readonly initial: readonly (readonly HostTensor[])[]
  /** The state afterwards, by replica and in the plan's order. */
  readonly state: readonly (readonly HostTensor[])[]
  /** What the engine's compiler says of the step's program. */
  readonly memory: EngineMemory | undefined
}

/** Trains the experiment of a text from its plan's own initial state, or one with a few changes. */
export async function runOf(text: string, options: RunOptions): Promise<Run> {
  const { engine, steps, edit, batch = narrowBatch } = options
  const plan = planOf(text)
  const init = await engine.compile(plan.graphs.init)
  const step = await compileStep(engine, plan)
  let state: DeviceTensor[][] = await init.run(Array.from({ length: plan.replicas }, () => []))
  const readAll = () => Promise.all(state.map((own) => Promise.all(own.map((tensor) => tensor.read()))))
  if (edit !== undefined) state = await editState(engine, plan, state, edit)
  const initial = await readAll()
  const metrics: number[][] = []
  for (let index = 0; index < steps; index++) {
    const given = await engine.uploadAll(batch(plan, index))
    const outputs = await step.run(state.map((own, r) => [...own, ...need(given[r], 'a batch')]))
    state = outputs.map((own) => own.slice(0, plan.state.length))
    const beyond = outputs.map((own) => own.slice(plan.state.length))
    const { data } = await need(beyond[0]?.[0], 'metrics').read()
    metrics.push(Array.from(data))
    for (const tensor of [...given.flat(), ...beyond.flat()]) tensor.dispose()
  }
  const after = await readAll()
  for (const tensor of state.flat()) tensor.dispose()
  init.dispose()
  step.dispose()
  return { plan, metrics, initial, state: after, memory: step.memory }
}

async function editState(engine: Engine, plan: Plan, state: DeviceTensor[][], edit: Edit): Promise<DeviceTensor[][]> {
  const edited = state.map((own, replica) =>
    own.map(async (tensor, i) => {
      const instead = edit(need(plan.state[i], 'a state tensor').name, await tensor.read())
      if (instead === undefined) return tensor
      tensor.dispose()
      return engine.upload(replica, instead)
    }),
  )
  return Promise.all(edited.map((own) => Promise.all(own)))
}

/** One of `stepMetrics` in every step. */
export function metricOf(run: Run, name: StepMetric): number[] {
  return run.metrics.map((values) => values[stepMetrics.indexOf(name)] ?? Number.NaN)
}

/** A state tensor of one replica, or one of those that it holds, afterwards or in the beginning. */
export function stateOf(plan: Plan, state: Run['state'], name: string, replica = 0): HostTensor {
  const index = plan.state.findIndex((spec) => spec.name === name || spec.holds.some((held) => held.name === name))
  const spec = need(plan.state[index], name)
  const stored = need(state[replica]?.[index], name)
  if (spec.name === name) return stored
  return need(
    heldTensors(spec, stored).find(({ named }) => named.name === name),
    name,
  ).tensor
}

/**
 * What is further apart than `tolerance` after two runs: one line for each tensor and device. Of center tables only the rows that
 * hold classes count, since padding differs.
 */
export function stateDifferences(plan: Plan, a: Run['state'], b: Run['state'], tolerance: number): string[] {
  return plan.state.flatMap(({ name, role }) =>
    a.flatMap((_, replica) => {
      const rows = role.startsWith('centers') ? need(plan.shards[replica], 'a shard').count : undefined
      const part = (state: Run['state']) => firstRows(stateOf(plan, state, name, replica), rows)
      const difference = tensorDifference(part(a), part(b))
      return difference <= tolerance ? [] : [`${name} on device ${replica}: ${difference.toExponential(1)}`]
    }),
  )
}

function firstRows(tensor: HostTensor, rows: number | undefined): HostTensor {
  if (rows === undefined) return tensor
  const shape = [rows, ...tensor.shape.slice(1)]
  const count = shape.reduce((product, dim) => product * dim, 1)
  return { dtype: tensor.dtype, shape, data: tensor.data.subarray(0, count) }
}

/** The largest relative difference of two series of one metric. */
export function seriesDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.NaN
  return Math.max(0, ...a.map((value, i) => Math.abs(value / (b[i] ?? Number.NaN) - 1)))
}

/**
 * The largest difference of two tensors, relative to the largest element. What is zero but for rounding (the gradient of a bias
 * before a batch normalization) counts as if it were 1e-3 large.
 */
export function tensorDifference(a: HostTensor, b: HostTensor): number {
  let worst = 0
  let scale = 1e-3
  for (let i = 0; i < a.data.length; i++) {
    worst = Math.max(worst, Math.abs((a.data[i] ?? 0) - (b.data[i] ?? Number.NaN)))
    scale = Math.max(scale, Math.abs(a.data[i] ?? 0))
  }
  return worst / scale
}

/** Where two runs of one experiment differ by more than `tolerance`, relative: one line per metric or tensor; empty where they agree. */
export function runDifferences(run: Run, other: Run, tolerance: number): readonly string[] {
  const metrics = run.metrics.flatMap((own, step) =>
    own.flatMap((value, i) => {
      const difference = value - need(other.metrics[step]?.[i], 'a metric')
      const isNear = Math.abs(difference) / Math.max(1e-3, Math.abs(value)) < tolerance
      return isNear ? [] : [`metric ${i} of step ${step}: ${value}, differs by ${difference.toExponential(1)}`]
    }),
  )
  const state = run.plan.state.flatMap((spec, i) =>
    run.state.flatMap((own, replica) => {
      const difference = tensorDifference(need(own[i], 'a tensor'), need(other.state[replica]?.[i], 'a tensor'))
      return difference < tolerance ? [] : [`${spec.name} on replica ${replica}: ${difference.toExponential(1)}`]
    }),
  )
  return [...metrics, ...state]
}
