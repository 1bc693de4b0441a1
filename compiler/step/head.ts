/**
 * The head of the training step: distributed margin softmax over class centers that are sharded (each device holds a part of
 * the classes and sees the whole batch) or replicated (each holds all classes and sees its own rows). Partial FC:
 * arXiv:2203.15565; the margin softmax: arXiv:1801.07698.
 *
 * One collective carries the softmax: each device gives (max, sum, target logit) of its classes, 3·B numbers, and every device
 * joins them; no device ever sees another's logits.
 *
 * Legend: R replicas, b rows of one device, B = R·b, M center rows of one device, K of them in a step, D embedding width.
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { ClassShard } from '../plan/plan.ts'
import {
  type ChunkInput,
  chunkGradients,
  chunkLogits,
  chunkStatistics,
  type HeadRules,
  normalizeRows,
  normalizeRowsGradient,
  type SoftmaxStatistics,
} from './head-chunk.ts'
import { perReplica } from './random.ts'
import { drawSample, type SamplingPlan } from './sampling.ts'

export interface HeadInput {
  /** f32 [b,D] */
  readonly embeddings: Value
  /** i32 [b], global class ids. */
  readonly labels: Value
  /** All of this device's centers, f32 [M,D]. */
  readonly centers: Value
  readonly shards: readonly ClassShard[]
  /** Only a sample of the classes takes part; `undefined`: all do. */
  readonly sampling: Sampling | undefined
}

export interface Sampling {
  readonly plan: SamplingPlan
  readonly seed: number
  /** i32 [], counted from 0. */
  readonly step: Value
}

export interface HeadResult {
  /** Mean loss of the global batch, f32 [], equal on all devices. */
  readonly loss: Value
  /** Gradient of this device's embeddings, f32 [b,D]. */
  readonly embeddings: Value
  /** Gradient of the centers that took part, complete: f32 [K,D]. */
  readonly centers: Value
  /** Which rows of the centers those are, i32 [K], a row that does not exist for an empty slot; `undefined`: all, in order. */
  readonly rows: Value | undefined
}

/** Head over sharded centers. */
export function shardedHead(b: GraphBuilder, rules: HeadRules, input: HeadInput): HeadResult {
  const local = normalizeRows(b, input.embeddings)
  const embeddings = named(b, 'embeddings', () => b.add('all_gather', [local.unit], { dim: 0 }))
  const labels = named(b, 'labels', () => b.add('all_gather', [input.labels], { dim: 0 }))
  const start = ops.convert(
    b,
    perReplica(
      b,
      input.shards.map((s) => s.start),
    ),
    'i32',
  )
  const own = ops.subtract(b, labels, ops.broadcastScalar(b, start, labels.type.shape))
  const active = activeCenters(b, input, own)
  const chunk: ChunkInput = { embeddings, ...active }
  const logits = chunkLogits(b, rules, chunk)
  const total = joinOverReplicas(b, chunkStatistics(b, logits))
  const gradients = chunkGradients(b, rules, chunk, logits, total)
  const unitGradient = named(b, 'gradient of the embeddings', () =>
    b.add('reduce_scatter', [gradients.embeddings], { dim: 0 }),
  )
  return {
    loss: meanLoss(b, rules, total),
    embeddings: normalizeRowsGradient(b, local, unitGradient),
    centers: gradients.centers,
    rows: active.rows,
  }
}

/** Head over centers that every device holds: its own rows only, and the centers' gradient is summed. */
export function replicatedHead(b: GraphBuilder, rules: HeadRules, input: HeadInput): HeadResult {
  const local = normalizeRows(b, input.embeddings)
  const chunk: ChunkInput = {
    embeddings: local.unit,
    centers: input.centers,
    slots: input.labels,
    present: undefined,
  }
  const logits = chunkLogits(b, rules, chunk)
  const total = chunkStatistics(b, logits)
  const gradients = chunkGradients(b, rules, chunk, logits, total)
  const [loss, centers] = named(b, 'loss and gradient of the centers', () =>
    b.addAll('all_reduce', [meanLoss(b, rules, total), gradients.centers], { reduction: 'sum' }),
  )
  return {
    loss: loss ?? gradients.centers,
    embeddings: normalizeRowsGradient(b, local, gradients.embeddings),
    centers: centers ?? gradients.centers,
    rows: undefined,
  }
}

interface ActiveCenters {
  readonly centers: Value
  readonly slots: Value
  readonly present: Value | undefined
  readonly rows: Value | undefined
}

/** The centers that take part, all or a sample; `labels` i32 [B] are rows of this device's centers or lie outside. */
function activeCenters(b: GraphBuilder, input: HeadInput, labels: Value): ActiveCenters {
  const { centers, sampling } = input
  if (sampling === undefined) return { centers, slots: labels, present: presentRows(b, input), rows: undefined }
  const { rows, present, slots } = drawSample(
    b,
    sampling.plan,
    sampling.seed,
    sampling.step,
    labels,
    ownedRows(b, input),
  )
  return { centers: ops.takeRows(b, centers, rows), slots, present, rows }
}

/** How many rows of the centers this device's shard fills, i32 []. */
function ownedRows(b: GraphBuilder, input: HeadInput): Value {
  return ops.convert(
    b,
    perReplica(
      b,
      input.shards.map((shard) => shard.count),
    ),
    'i32',
  )
}

/** Names the collective that `body` adds, for the plan's table. */
function named<T>(b: GraphBuilder, what: string, body: () => T): T {
  return b.within({ path: what }, body)
}

/** pred [K]: rows below this shard's count; `undefined` where all shards are full. */
function presentRows(b: GraphBuilder, input: HeadInput): Value | undefined {
  const rows = input.centers.type.shape[0] ?? 0
  const counts = input.shards.map((shard) => shard.count)
  if (counts.every((count) => count === rows)) return undefined
  const row = ops.iota(b, { dtype: 'i32', shape: [rows] }, 0)
  return ops.compare(b, 'LT', row, ops.broadcastScalar(b, ownedRows(b, input), [rows]))
}

/** Statistics of all classes from those of each device's: one all-gather of [3,B]. */
function joinOverReplicas(b: GraphBuilder, own: SoftmaxStatistics): SoftmaxStatistics {
  const rows = own.max.type.shape[0] ?? 0
  const row = (value: Value) => ops.reshape(b, value, [1, rows])
  const packed = ops.concatenate(b, [row(own.max), row(own.sum), row(own.target)], 0)
  const gathered = named(b, 'softmax statistics', () =>
    b.add('all_gather', [ops.reshape(b, packed, [1, 3, rows])], { dim: 0 }),
  )
  const part = (index: number) => ops.reshape(b, ops.sliceDim(b, gathered, 1, index, index + 1), [b.replicas, rows])
  const maxima = part(0)
  const max = ops.maxOver(b, maxima, [0])
  const scale = ops.exponential(b, ops.subtract(b, maxima, ops.broadcastVector(b, max, maxima.type.shape, 1)))
  return {
    max,
    sum: ops.sumOver(b, ops.multiply(b, part(1), scale), [0]),
    target: ops.sumOver(b, part(2), [0]),
  }
}

/** −mean(target − max − log(sum)) over the global batch: this device's rows of it. */
function meanLoss(b: GraphBuilder, rules: HeadRules, total: SoftmaxStatistics): Value {
  const logProbability = ops.subtract(b, ops.subtract(b, total.target, total.max), ops.log(b, total.sum))
  return ops.multiply(b, ops.sumOver(b, logProbability, [0]), -1 / rules.batch)
}
