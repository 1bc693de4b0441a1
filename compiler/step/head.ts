/**
 * The head of the training step: distributed margin softmax over class centers that are sharded (each device holds some of the
 * classes and sees the whole batch) or replicated (each holds all classes and sees its own rows). Partial FC:
 * arXiv:2203.15565; the margin softmax: arXiv:1801.07698.
 *
 * A single collective carries the softmax: each device contributes (max, sum, target logit) of its classes, 3·B numbers, and
 * every device combines them; no device ever sees another's logits.
 *
 * Legend: R replicas, b rows of one device, B = R·b, M center rows of one device, K of them in a step, D embedding width.
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { ClassShard } from '../ir/state-tensor.ts'
import type { Tables } from './center-storage.ts'
import { type HeadRules, normalizeRows, normalizeRowsGradient } from './head-chunk.ts'
import { type ChunkUpdate, type Passes, passOne, passTwo } from './head-passes.ts'
import type { StepRows } from './head-rows.ts'
import { perReplica } from './random.ts'
import { drawSample, type SamplingPlan } from './sampling.ts'
import { classCount, joinOverReplicas, meanLoss, ownClasses, smoothingShare } from './softmax-loss.ts'

export interface HeadInput {
  /** f32 [b,D] */
  readonly embeddings: Value
  /** i32 [b], global class ids. */
  readonly labels: Value
  /** Tensors of the centers and of their optimizer states on this device, [M,D] or [M,1] each. */
  readonly tables: Tables
  readonly shards: readonly ClassShard[]
  /** Set if only a sample of the classes takes part; `undefined`: all do. */
  readonly sampling: Sampling | undefined
  /** How the rows change; `loss` is the step's loss, f32 []. */
  readonly update: (loss: Value) => ChunkUpdate
  /** Number of chunks of the center rows; divides K. */
  readonly chunks: number
  /** Whether the gradient of the embeddings is used. */
  readonly trunk: boolean
}

interface Sampling {
  readonly plan: SamplingPlan
  readonly seed: number
  /** i32 [], counted from 0. */
  readonly step: Value
  /** K: the sample's own slots plus the padding of the last chunk. */
  readonly slots: number
}

export interface HeadResult {
  /** Mean loss of the global batch, f32 [], equal on all devices. */
  readonly loss: Value
  /** Gradient of this device's embeddings, f32 [b,D]. */
  readonly embeddings: Value
  /** The tables after the update. */
  readonly tables: Tables
}

/** Head over sharded centers. */
export function shardedHead(b: GraphBuilder, rules: HeadRules, input: HeadInput): HeadResult {
  const local = normalizeRows(b, input.embeddings)
  const embeddings = named(b, 'embeddings', () => b.add('all_gather', [local.unit], { dim: 0 }))
  const labels = gatherLabels(b, input)
  const start = ops.convert(b, firstClass(b, input.shards), 'i32')
  const own = ops.subtract(b, labels, ops.broadcastScalar(b, start, labels.type.shape))
  const passes: Passes = {
    rules,
    embeddings,
    rows: stepRows(b, input, own),
    tables: input.tables,
    chunks: input.chunks,
    trunk: input.trunk,
  }
  const one = passOne(b, passes)
  const { statistics, classes } = joinOverReplicas(b, one.statistics, ownClasses(b, passes.rows))
  const total = { ...statistics, share: smoothingShare(b, rules, statistics, classes ?? classCount(input.shards)) }
  const loss = meanLoss(b, rules, total)
  const two = passTwo(b, passes, one, total, input.update(loss))
  const unitGradient = named(b, 'gradient of the embeddings', () =>
    b.add('reduce_scatter', [two.embeddings], { dim: 0 }),
  )
  return {
    loss,
    embeddings: normalizeRowsGradient(b, local, unitGradient),
    tables: two.tables,
  }
}

/**
 * Head over centers that every device holds: it processes only its own rows, and each chunk's gradient is summed over the
 * devices. The sample is drawn for the whole batch, so all devices work on the same rows.
 */
export function replicatedHead(b: GraphBuilder, rules: HeadRules, input: HeadInput): HeadResult {
  const local = normalizeRows(b, input.embeddings)
  const rows = input.sampling === undefined ? stepRows(b, input, input.labels) : ownSlots(b, input)
  const passes: Passes = {
    rules,
    embeddings: local.unit,
    rows,
    tables: input.tables,
    chunks: input.chunks,
    trunk: input.trunk,
  }
  const one = passOne(b, passes)
  const classes = ownClasses(b, rows) ?? classCount(input.shards.slice(0, 1))
  const total = { ...one.statistics, share: smoothingShare(b, rules, one.statistics, classes) }
  const own = meanLoss(b, rules, total)
  const [summed] = named(b, 'loss', () => ops.sumOverReplicas(b, [own]))
  const loss = summed ?? own
  const two = passTwo(b, passes, one, total, sumGradients(input.update(loss)))
  return { loss, embeddings: normalizeRowsGradient(b, local, two.embeddings), tables: two.tables }
}

function sumGradients(update: ChunkUpdate): ChunkUpdate {
  return {
    given: update.given,
    apply(inner, given, chunk) {
      const [gradient = chunk.gradient] = named(inner, 'gradient of the centers', () =>
        ops.sumOverReplicas(inner, [chunk.gradient]),
      )
      return update.apply(inner, given, { ...chunk, gradient })
    },
  }
}

/** The rows of a sample of the whole batch, and the positions of the classes of this device's own rows in it. */
function ownSlots(b: GraphBuilder, input: HeadInput): StepRows {
  const all = stepRows(b, input, gatherLabels(b, input))
  const [count = 0] = input.labels.type.shape
  const first = ops.multiply(b, ops.convert(b, ops.replicaId(b), 'i32'), count)
  return { ...all, slots: ops.dynamicSlice(b, all.slots, [first], [count]) }
}

function gatherLabels(b: GraphBuilder, input: HeadInput): Value {
  return named(b, 'labels', () => b.add('all_gather', [input.labels], { dim: 0 }))
}

/** The first class of this device, u32 []. */
export function firstClass(b: GraphBuilder, shards: readonly ClassShard[]): Value {
  return perReplica(
    b,
    shards.map((shard) => shard.start),
  )
}

/** The rows of this step; `labels` i32 [B] are rows of this device's centers, or out of bounds. */
function stepRows(b: GraphBuilder, input: HeadInput, labels: Value): StepRows {
  const { sampling } = input
  if (sampling === undefined) {
    const owned = paddedCount(b, input)
    // The first classes of the next device are not rows of this one, although its padding rows have their numbers.
    const slots = owned === undefined ? labels : ops.select(b, below(b, labels, owned), labels, -1)
    return { slots, owned, sample: undefined }
  }
  const { plan, seed, step } = sampling
  const { rows, present, slots } = drawSample(b, plan, seed, step, labels, ownedRows(b, input))
  const fill = (x: Value, value: number) => {
    const more = sampling.slots - (x.type.shape[0] ?? 0)
    return ops.pad(b, x, value, { low: [0], high: [more], interior: [0] })
  }
  return { slots, owned: undefined, sample: { rows: fill(rows, plan.rows), present: fill(present, 0) } }
}

function below(b: GraphBuilder, x: Value, limit: Value): Value {
  return ops.compare(b, 'LT', x, ops.broadcastScalar(b, limit, x.type.shape))
}

/** Names the collective that `body` adds, for the plan's table. */
function named<T>(b: GraphBuilder, what: string, body: () => T): T {
  return b.within({ path: what }, body)
}

/** The number of center rows that hold a class, i32 []; `undefined` if all rows do on every device. */
function paddedCount(b: GraphBuilder, input: HeadInput): Value | undefined {
  const [table] = input.tables.values()
  const rows = table?.type.shape[0] ?? 0
  return input.shards.every((shard) => shard.count === rows) ? undefined : ownedRows(b, input)
}

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
