/** A narrow IResNet with sharded centers: small enough that TensorFlow.js in plain JavaScript trains it in seconds. */
import { compileExperiment } from '../../compiler/driver.ts'
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import { type StepMetric, stepMetrics } from '../../compiler/ir/step-metrics.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, HostTensor } from '../../runtime/engine.ts'
import { heldTensors } from '../../runtime/train/held-tensors.ts'
import { compileStep } from '../../runtime/train/programs.ts'
import { memoryHost } from './diagnose.ts'
import { randomOf } from './op-case.ts'

export interface NarrowOptions {
  readonly devices: number
  /** Of which kind they are; of the CPU where nothing is said. */
  readonly kind?: DeviceKind
  readonly batch: number
  readonly classes: number
  /** Entries of `centers { … }` and `train { … }` beyond the usual. */
  readonly centers?: string
  /** Instead of `arcface(m: 0.5 rad, scale: 16)`. */
  readonly margin?: string
  readonly train?: string
  readonly backbone?: string
  /** Declarations of the file beside the experiment. */
  readonly declarations?: string
  readonly optimizer?: string
}

const machines: { readonly [K in DeviceKind]: string } = { cpu: 'cpu', cuda: 'gpus' }

export function narrowPlan(options: NarrowOptions): Plan {
  const text = `
use std.backbones
use std.datasets: synthetic
use std.machines: cpu, h100_sxm5_80gb
use std.margins: arcface, combined, cosface, interclass_filter

machine gpus(devices: int) {
  nodes = 1, devices_per_node = devices, device = h100_sxm5_80gb
  links { within = nvlink(450 GB/s) }
}

${options.declarations ?? ''}

experiment narrow {
  dataset  = synthetic(identities: ${options.classes}, per_identity: 8)
  backbone = ${options.backbone ?? 'iresnet(depths: [1, 1, 1, 1], channels: [4, 8, 8, 16], stem: 4, embedding: 24)'}
  margin   = ${options.margin ?? 'arcface(m: 0.5 rad, scale: 16)'}
  machine  = ${machines[options.kind ?? 'cpu']}(devices: ${options.devices})
  centers { ${options.centers ?? ''} }
  train {
    batch     = ${options.batch} per device
    steps     = 20
    optimizer = ${options.optimizer ?? 'sgd(lr: 0.05, momentum: 0.9, weight_decay: 5e-4)'}
    clip      = 5
    ${options.train ?? ''}
  }
}
`
  const { plan, diagnostics } = compileExperiment({ entry: { path: 'narrow.arc', text } }, memoryHost())
  return need(plan, `a plan (${diagnostics.map((d) => d.message).join('; ')})`)
}

/** The inputs of a step beyond the state: seeded pictures, labels and mirroring of the global batch, cut for each replica. */
export function narrowBatch(plan: Plan, step: number): HostTensor[][] {
  const { batchPerDevice: b, classes, image } = plan.run
  const random = randomOf(`batch ${step}`)
  const rows = b * plan.replicas
  const pixels = image[0] * image[1] * image[2]
  const images = Uint8Array.from({ length: rows * pixels }, () => Math.floor(random() * 256))
  const labels = Int32Array.from({ length: rows }, () => Math.floor(random() * classes))
  const flip = Uint8Array.from({ length: rows }, () => (random() < 0.5 ? 1 : 0))
  return Array.from({ length: plan.replicas }, (_, r) => [
    { dtype: 'u8', shape: [b, ...image], data: images.slice(r * b * pixels, (r + 1) * b * pixels) },
    { dtype: 'i32', shape: [b], data: labels.slice(r * b, (r + 1) * b) },
    { dtype: 'u8', shape: [b], data: flip.slice(r * b, (r + 1) * b) },
    { dtype: 'i32', shape: [], data: Int32Array.of(step) },
  ])
}

export interface Trained {
  /** Of each step: `stepMetrics` of replica 0. */
  readonly metrics: readonly (readonly number[])[]
  /** The state in the beginning, by replica and in the plan's order. */
  readonly initial: readonly (readonly HostTensor[])[]
  /** The state afterwards, by replica and in the plan's order. */
  readonly state: readonly (readonly HostTensor[])[]
}

/** Instead of a state tensor of the beginning; `undefined` leaves it. */
export type Edit = (name: string, tensor: HostTensor) => HostTensor | undefined

/** Trains `steps` steps from the plan's own initial state, or one with a few changes. */
export async function trainNarrow(engine: Engine, plan: Plan, steps: number, edit?: Edit): Promise<Trained> {
  const init = await engine.compile(plan.graphs.init)
  const step = await compileStep(engine, plan)
  let state: DeviceTensor[][] = await init.run(Array.from({ length: plan.replicas }, () => []))
  const readAll = () => Promise.all(state.map((own) => Promise.all(own.map((tensor) => tensor.read()))))
  if (edit !== undefined) state = await editState(engine, plan, state, edit)
  const initial = await readAll()
  const metrics: number[][] = []
  for (let index = 0; index < steps; index++) {
    const batch = await Promise.all(
      narrowBatch(plan, index).map((own, r) => Promise.all(own.map((tensor) => engine.upload(r, tensor)))),
    )
    const outputs = await step.run(state.map((own, r) => [...own, ...need(batch[r], 'a batch')]))
    state = outputs.map((own) => own.slice(0, plan.state.length))
    const beyond = outputs.map((own) => own.slice(plan.state.length))
    const { data } = await need(beyond[0]?.[0], 'metrics').read()
    metrics.push(Array.from(data))
    for (const tensor of [...batch.flat(), ...beyond.flat()]) tensor.dispose()
  }
  const after = await readAll()
  for (const tensor of state.flat()) tensor.dispose()
  init.dispose()
  step.dispose()
  return { metrics, initial, state: after }
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
export function metricOf(trained: Trained, name: StepMetric): number[] {
  return trained.metrics.map((values) => values[stepMetrics.indexOf(name)] ?? Number.NaN)
}

/** A state tensor of one replica, or one of those that it holds, afterwards or in the beginning. */
export function stateOf(plan: Plan, state: Trained['state'], name: string, replica = 0): HostTensor {
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
export function stateDifferences(plan: Plan, a: Trained['state'], b: Trained['state'], tolerance: number): string[] {
  return plan.state.flatMap(({ name, role }) =>
    a.flatMap((_, replica) => {
      const rows = role.startsWith('centers') ? need(plan.shards[replica], 'a shard').count : undefined
      const part = (state: Trained['state']) => firstRows(stateOf(plan, state, name, replica), rows)
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
