/**
 * Repeats a golden run of arcface_torch on an engine and compares every figure.
 *
 * Legend: W world size, b images of one device, D embedding width, C classes.
 */
import { compileExperiment } from '../compiler/driver.ts'
import { isChosen } from '../compiler/experiment/experiment.ts'
import type { Host } from '../compiler/host/host.ts'
import type { DeviceKind } from '../compiler/ir/device-kind.ts'
import { type NamedTensor, type StateTensor, stateDonation } from '../compiler/ir/state-tensor.ts'
import { type StepMetric, stepMetrics } from '../compiler/ir/step-metrics.ts'
import { planLengths } from '../compiler/plan/lengths.ts'
import { buildGraphs, type Graphs, settleChunk } from '../compiler/step/graphs.ts'
import { bug, DiagnosticBag, need } from '../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, HostTensor } from '../runtime/engine.ts'
import { filterFromOihw, filterToOihw, heldTensors, storedTensor } from '../runtime/state/held-tensors.ts'
import { backboneValues, values } from './golden-values.ts'

/** The output of arcface_torch. Norms and first values are of tensors in the state dict's dim order. */
export interface Golden {
  readonly config: {
    readonly net: string
    readonly classes: number
    readonly batch: number
    readonly world: number
    /** `m1,m2,m3` */
    readonly margin: string
    readonly steps: number
    readonly lr: number
    readonly filter: number
  }
  readonly losses: readonly number[]
  readonly grad_norm_before_clip: readonly number[]
  readonly params_after: Readonly<Record<string, { readonly norm: number; readonly first: readonly number[] }>>
  readonly eval_embedding_row0_after_steps: readonly number[]
}

export interface Comparison {
  readonly what: string
  readonly golden: number
  readonly ours: number
  /** Relative to the golden figure; for vectors, the largest difference over the vector's norm. */
  readonly difference: number
}

const machines: { readonly [K in DeviceKind]: string } = { cpu: 'cpu', cuda: 'gpus' }

/** A golden configuration as an experiment in `.arc` text, on devices of one kind. */
export function goldenSource(config: Golden['config'], kind: DeviceKind): string {
  const [m1, m2, m3] = config.margin.split(',').map(Number)
  const filter = config.filter > 0 ? ` |> interclass_filter(threshold: ${config.filter})` : ''
  return `
use std.backbones: ${config.net}
use std.margins: combined, interclass_filter
use std.machines: cpu, h100_sxm5_80gb
use std.datasets: synthetic

machine gpus(devices: int) {
  nodes = 1, devices_per_node = devices, device = h100_sxm5_80gb
  links { within = nvlink(450 GB/s) }
}

experiment golden {
  dataset  = synthetic(identities: ${config.classes}, per_identity: 1)
  backbone = ${config.net}(embedding: 512)
  margin   = combined(m1: ${m1}, m2: ${m2} rad, m3: ${m3}, scale: 64)${filter}
  machine  = ${machines[kind]}(devices: ${config.world})
  centers { gradient = straight_through }
  train {
    batch     = ${config.batch} per device
    steps     = ${config.steps}
    optimizer = sgd(lr: ${config.lr}, momentum: 0.9, weight_decay: 5e-4)
    schedule  = constant()
    clip      = 5
    augment   = []
  }
}
`
}

function goldenGraphs(
  golden: Golden,
  host: Host,
  kind: DeviceKind,
): { readonly graphs: Graphs; readonly embedding: number } {
  const entry = { path: 'golden.arc', text: goldenSource(golden.config, kind) }
  const { experiment, diagnostics } = compileExperiment({ entry, until: 'elaborate' }, host)
  if (experiment === undefined) return bug(diagnostics.map((d) => `${d.code} ${d.message}`).join('; '))
  if (!isChosen(experiment)) return bug('a golden run with an unsettled value')
  const lengths = need(planLengths(experiment, host, new DiagnosticBag()), 'the lengths of a golden run')
  const settled = settleChunk(experiment, lengths)
  const graphs = need(
    buildGraphs(settled, lengths, { images: 'f32', exchange: 'gather' }),
    'the graphs of a golden run',
  )
  return { graphs, embedding: experiment.backbone.embedding }
}

/** The initial value of one state tensor on one replica. */
function initialTensor(golden: Golden, graphs: Graphs, tensor: StateTensor, replica: number): HostTensor {
  if (tensor.role === 'centers') {
    const shard = need(graphs.shards[replica], 'a shard')
    const width = need(tensor.shape[1], 'the embedding width')
    const all = values('partial_fc.weight', golden.config.classes * width)
    const data = new Float32Array((tensor.shape[0] ?? 0) * width)
    data.set(all.subarray(shard.start * width, (shard.start + shard.count) * width).map((v) => Math.fround(0.02 * v)))
    return { dtype: 'f32', shape: tensor.shape, data }
  }
  if (tensor.role === 'optimizer' || tensor.role === 'centers_optimizer') {
    return { dtype: 'f32', shape: tensor.shape, data: new Float32Array(tensor.shape.reduce((a, d) => a * d, 1)) }
  }
  return storedTensor(
    tensor,
    tensor.holds.map((named) => initialWeight(named, graphs)),
  )
}

function initialWeight({ name, shape, layout }: NamedTensor, graphs: Graphs): HostTensor {
  const mean = name.replace(/\.weight$/, '.running_mean')
  const isNorm = graphs.slots.some(({ tensor }) => tensor.holds.some((named) => named.name === mean))
  const [kh = 0, kw = 0, inputs = 0, outputs = 0] = shape
  const order = layout === 'oihw' ? [outputs, inputs, kh, kw] : shape
  const given: HostTensor = { dtype: 'f32', shape: order, data: backboneValues(name, order, isNorm) }
  return layout === 'oihw' ? filterFromOihw(given) : given
}

/** [W·b,3,112,112] generated by the formula → the replica's [b,112,112,3]. */
function images(all: Float32Array, batch: number, replica: number): HostTensor {
  const [height, width, channels] = [112, 112, 3]
  const plane = height * width
  const data = new Float32Array(batch * plane * channels)
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const from = ((replica * batch + n) * channels + c) * plane
      for (let i = 0; i < plane; i++) data[(n * plane + i) * channels + c] = all[from + i] ?? 0
    }
  }
  return { dtype: 'f32', shape: [batch, height, width, channels], data }
}

function relative(what: string, golden: number, ours: number): Comparison {
  return { what, golden, ours, difference: Math.abs(ours - golden) / Math.max(Math.abs(golden), 1e-12) }
}

function norm(data: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += (data[i] ?? 0) ** 2
  return Math.sqrt(sum)
}

/** Runs the steps of a golden file on an engine of its world size, with the graphs of a plan for devices of one kind. */
export async function runGolden(golden: Golden, engine: Engine, host: Host, kind: DeviceKind): Promise<Comparison[]> {
  const { config } = golden
  const { graphs } = goldenGraphs(golden, host, kind)
  const replicas = Array.from({ length: config.world }, (_, r) => r)
  const comparisons: Comparison[] = []
  const step = await engine.compile(graphs.step, { donate: stateDonation(graphs.slots.map(({ tensor }) => tensor)) })
  const embed = await engine.compile(graphs.embed)
  const upload = (replica: number, tensors: readonly HostTensor[]) =>
    Promise.all(tensors.map((tensor) => engine.upload(replica, tensor)))
  const input = values('input', config.world * config.batch * 3 * 112 * 112)
  const label = (row: number) => (17 * row + 5) % config.classes
  let state = await Promise.all(
    replicas.map((r) =>
      upload(
        r,
        graphs.slots.map((slot) => initialTensor(golden, graphs, slot.tensor, r)),
      ),
    ),
  )
  for (let index = 0; index < config.steps; index++) {
    const batch = await Promise.all(
      replicas.map((r) =>
        upload(r, [
          images(input, config.batch, r),
          {
            dtype: 'i32',
            shape: [config.batch],
            data: Int32Array.from({ length: config.batch }, (_, i) => label(r * config.batch + i)),
          },
          { dtype: 'u8', shape: [config.batch], data: new Uint8Array(config.batch) },
          { dtype: 'i32', shape: [], data: Int32Array.of(index) },
        ]),
      ),
    )
    const outputs = await step.run(replicas.map((r) => [...need(state[r], 'state'), ...need(batch[r], 'a batch')]))
    for (const tensor of batch.flat()) tensor.dispose()
    state = outputs.map((tensors) => tensors.slice(0, graphs.slots.length))
    const metrics = outputs.map((tensors) => tensors.slice(graphs.slots.length))
    const { data } = await need(metrics[0]?.[0], 'metrics').read()
    for (const tensor of metrics.flat()) tensor.dispose()
    const metric = (name: StepMetric) => data[stepMetrics.indexOf(name)] ?? Number.NaN
    comparisons.push(
      relative(`loss ${index}`, golden.losses[index] ?? Number.NaN, metric('loss')),
      relative(`gradient norm ${index}`, golden.grad_norm_before_clip[index] ?? Number.NaN, metric('gradient_norm')),
    )
  }
  comparisons.push(...(await compareParameters(golden, graphs, need(state[0], 'state'))))

  const tensors = graphs.embedState.map((i) => need(state[0]?.[i], 'a weight'))
  const rows = await upload(0, [images(input, config.batch, 0)])
  const perReplica = await Promise.all(
    replicas.map(async (r) =>
      r === 0
        ? [...tensors, ...rows]
        : [
            ...graphs.embedState.map((i) => need(state[r]?.[i], 'a weight')),
            ...(await upload(r, [images(input, config.batch, r)])),
          ],
    ),
  )
  const embedded = await embed.run(perReplica)
  const first = await need(embedded[0]?.[0], 'embeddings').read()
  comparisons.push(compareVector('evaluation embedding', golden.eval_embedding_row0_after_steps, first.data))

  const leftovers: DeviceTensor[] = [...state.flat(), ...embedded.flat(), ...perReplica.flatMap((own) => own.slice(-1))]
  for (const tensor of leftovers) tensor.dispose()
  step.dispose()
  embed.dispose()
  return comparisons
}

function compareVector(what: string, golden: readonly number[], ours: ArrayLike<number>): Comparison {
  const size = norm(golden)
  const worst = Math.max(...golden.map((v, i) => Math.abs(v - (ours[i] ?? Number.NaN))))
  return { what, golden: size, ours: norm(Array.from(ours).slice(0, golden.length)), difference: worst / size }
}

async function compareParameters(
  golden: Golden,
  graphs: Graphs,
  state: readonly DeviceTensor[],
): Promise<Comparison[]> {
  const found: Comparison[] = []
  const read = await Promise.all(
    graphs.slots.map(async ({ tensor }, i) => heldTensors(tensor, await need(state[i], tensor.name).read())),
  )
  for (const { named, tensor } of read.flat()) {
    const { name, layout } = named
    const wanted = golden.params_after[name]
    if (wanted === undefined) continue
    const ours = layout === 'oihw' ? filterToOihw(tensor) : tensor
    found.push(relative(`|${name}| after`, wanted.norm, norm(ours.data)))
    // Relative to the tensor's typical element, so that a first value near zero does not dominate.
    const typical = wanted.norm / Math.sqrt(ours.data.length)
    const worst = Math.max(...wanted.first.map((v, k) => Math.abs(v - (ours.data[k] ?? Number.NaN))))
    found.push({
      what: `${name}[0..3] after`,
      golden: wanted.first[0] ?? 0,
      ours: ours.data[0] ?? Number.NaN,
      difference: worst / Math.max(typical, ...wanted.first.map(Math.abs)),
    })
  }
  const known = new Set(read.flat().map(({ named }) => named.name))
  const missing = Object.keys(golden.params_after).filter((name) => !known.has(name))
  for (const name of missing) found.push({ what: `${name} is not a parameter`, golden: 1, ours: 0, difference: 1 })
  return found
}
