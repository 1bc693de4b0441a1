/**
 * The head of the training step: distributed margin softmax over class centers that are sharded (each device holds some of the
 * classes and sees the whole batch) or replicated (each holds all classes and sees its own rows). Partial FC:
 * arXiv:2203.15565; the margin softmax: arXiv:1801.07698.
 *
 * Of the logits, the devices exchange statistics of their classes alone (max, sum, target logit: 3·B numbers, `softmax-statistics.ts`);
 * no device ever sees another's logits.
 *
 * Legend: R replicas, b rows of one device, B = R·b, M center rows of one device, K of them in a step, D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Margin } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { ClassShard } from '../ir/state-tensor.ts'
import type { Tables } from './center-storage.ts'
import { type HeadRules, type Normalized, normalizeRows, normalizeRowsGradient } from './head-chunk.ts'
import { addGradients, type SoftmaxTotal, sumOf } from './head-gradients.ts'
import { lengths, type MarginInput, marginStep, penaltyOf } from './head-margin.ts'
import { ownCosines, ownCounts, ownGradient } from './head-own.ts'
import type { Passes } from './head-pass.ts'
import { type ChunkUpdate, passOne, passTwo } from './head-passes.ts'
import type { StepRows } from './head-rows.ts'
import { perReplica } from './random.ts'
import { drawSample, type SamplingPlan } from './sampling.ts'
import { classCount, meanLoss, ownClasses, smoothingShare } from './softmax-loss.ts'
import { joinOverReplicas, type StatisticsExchange } from './softmax-statistics.ts'

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
  /** How devices with sharded centers exchange their statistics. */
  readonly exchange: StatisticsExchange
  readonly margin: MarginInput
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
  /** The margin's states after the step, by full name, f32 []. */
  readonly states: ReadonlyMap<string, Value>
  /** Gradients of what the margin learns, by full name, f32 []; equal on all devices. */
  readonly learned: ReadonlyMap<string, Value>
}

/** Head over sharded centers. */
export function shardedHead(b: GraphBuilder, rules: HeadRules, input: HeadInput): HeadResult {
  const { margin } = rules
  const local = normalizeRows(b, input.embeddings)
  const embeddings = named(b, 'embeddings', () => b.add('all_gather', [local.unit], { dim: 0 }))
  const labels = gatherLabels(b, input)
  const start = ops.convert(b, firstClass(b, input.shards), 'i32')
  const own = ops.subtract(b, labels, ops.broadcastScalar(b, start, labels.type.shape))
  const untold = { ...passesOf(input, rules), embeddings, rows: stepRows(b, input, own) }
  const [count = 0] = labels.type.shape
  const { values, states } = marginStep(b, margin, input.margin, {
    count,
    first: () => ops.scalar(b, 0, 'u32'),
    norm: () => gather(b, 'norms', lengths(b, input.embeddings)),
    own: () => sum(b, 'own cosines', ownCosines(b, untold)),
    pictures: () =>
      readsAllCounts(margin)
        ? sum(b, 'pictures of the own classes', ownCounts(b, untold.rows, countsTable(input), 0))
        : ownCounts(b, untold.rows, countsTable(input), 1),
    whole: (rows) => rows,
  })
  const passes: Passes = { ...untold, values }
  const one = passOne(b, passes)
  const { statistics, classes } = joinOverReplicas(
    b,
    { exchange: input.exchange, loss: margin.loss },
    { statistics: one.statistics, classes: ownClasses(b, passes.rows) },
  )
  const penalty = penaltyOf(b, margin, values, count)
  const share = smoothingShare(b, rules, statistics, classes ?? classCount(input.shards))
  const total: SoftmaxTotal = { ...statistics, share, own: undefined }
  const loss = sumOf(b, meanLoss(b, rules, { ...statistics, share }), penalty && mean(b, rules, penalty.sum))
  const ofOwn = margin.needs.other.varying.has('own') ? ownGradient(b, passes, one, total) : undefined
  const ownTotal = sumOf(b, ofOwn && sum(b, 'gradient of the own cosines', ofOwn), penalty?.gradients.get('own'))
  const two = passTwo(b, passes, one, { ...total, own: ownTotal }, input.update(loss))
  const unitGradient = named(b, 'gradient of the embeddings', () =>
    b.add('reduce_scatter', [two.embeddings], { dim: 0 }),
  )
  const ofNorms = two.values.get('norm')
  const scattered = ofNorms && named(b, 'gradient of the norms', () => b.add('reduce_scatter', [ofNorms], { dim: 0 }))
  const penalized = penalty?.gradients.get('norm')
  return {
    loss,
    embeddings: embeddingGradient(
      b,
      rules,
      local,
      unitGradient,
      sumOf(b, scattered, penalized && ownRows(b, input, penalized)),
    ),
    tables: two.tables,
    states,
    learned: learnedGradients(b, rules, two.values, penalty?.gradients),
  }
}

/**
 * Head over centers that every device holds: it processes only its own rows, and each chunk's gradient is summed over the
 * devices. The sample is drawn for the whole batch, so all devices work on the same rows.
 */
export function replicatedHead(b: GraphBuilder, rules: HeadRules, input: HeadInput): HeadResult {
  const { margin } = rules
  const local = normalizeRows(b, input.embeddings)
  const rows = input.sampling === undefined ? stepRows(b, input, input.labels) : ownSlots(b, input)
  const untold = { ...passesOf(input, rules), embeddings: local.unit, rows }
  const [count = 0] = input.labels.type.shape
  const { values, states } = marginStep(b, margin, input.margin, {
    count,
    first: () => ops.multiply(b, ops.replicaId(b), count),
    norm: () => lengths(b, input.embeddings),
    own: () => ownCosines(b, untold),
    pictures: () => ownCounts(b, rows, countsTable(input), 1),
    whole: (own) => gather(b, 'what the margin averages', own),
  })
  const passes: Passes = { ...untold, values }
  const one = passOne(b, passes)
  const classes = ownClasses(b, rows) ?? classCount(input.shards.slice(0, 1))
  const penalty = penaltyOf(b, margin, values, count)
  const share = smoothingShare(b, rules, one.statistics, classes)
  const total: SoftmaxTotal = { ...one.statistics, share, own: undefined }
  const own = sumOf(b, meanLoss(b, rules, { ...one.statistics, share }), penalty && mean(b, rules, penalty.sum))
  const loss = sum(b, 'loss', own)
  const ofOwn = margin.needs.other.varying.has('own') ? ownGradient(b, passes, one, total) : undefined
  const ownTotal = sumOf(b, ofOwn, penalty?.gradients.get('own'))
  const two = passTwo(b, passes, one, { ...total, own: ownTotal }, sumGradients(input.update(loss)))
  const ofNorms = sumOf(b, two.values.get('norm'), penalty?.gradients.get('norm'))
  const { learned } = margin
  return {
    loss,
    embeddings: embeddingGradient(b, rules, local, two.embeddings, ofNorms),
    tables: two.tables,
    states,
    learned: learnedGradients(
      b,
      rules,
      addGradients(b, two.values, penalty?.gradients ?? new Map(), learned),
      undefined,
    ),
  }
}

function passesOf({ tables, chunks, trunk, margin }: HeadInput, rules: HeadRules) {
  const counts = rules.margin.needs.other.reads.has('count') ? margin.counts?.count : undefined
  return { rules, tables, counts, chunks, trunk }
}

/** Whether a device needs the pictures of the own class of each row, and not only of those whose class it has. */
function readsAllCounts({ needs }: Margin): boolean {
  return needs.penalty.reads.has('count') || needs.other.reads.has('own_count')
}

function countsTable({ margin }: HeadInput): Value {
  return need(margin.counts, 'the pictures of classes').count
}

/** The mean over the batch from a sum over rows. */
function mean(b: GraphBuilder, { batch }: HeadRules, sum: Value): Value {
  return ops.multiply(b, sum, 1 / batch)
}

/** The gradient of the embeddings, from that of x̂ and that of the norms, f32 [b], which is summed over the batch. */
function embeddingGradient(
  b: GraphBuilder,
  rules: HeadRules,
  local: Normalized,
  ofUnit: Value,
  ofNorms: Value | undefined,
): Value {
  const across = normalizeRowsGradient(b, local, ofUnit)
  if (ofNorms === undefined) return across
  const along = ops.broadcastVector(b, mean(b, rules, ofNorms), local.unit.type.shape, 0)
  return ops.add(b, across, ops.multiply(b, local.unit, along))
}

/** Gradients of the mean loss with respect to what the margin learns: `parts` are summed over the devices, `whole` are equal on all. */
function learnedGradients(
  b: GraphBuilder,
  rules: HeadRules,
  parts: ReadonlyMap<string, Value>,
  whole: ReadonlyMap<string, Value> | undefined,
): ReadonlyMap<string, Value> {
  const names = rules.margin.learned
  const summed = names.filter((name) => parts.has(name))
  const sums = named(b, 'gradients of the margin', () =>
    summed.length === 0
      ? []
      : ops.sumOverReplicas(
          b,
          summed.map((name) => need(parts.get(name), name)),
        ),
  )
  const partial = new Map(summed.map((name, i) => [name, need(sums[i], name)]))
  const found = addGradients(b, partial, whole ?? new Map(), names)
  return new Map(Array.from(found, ([name, value]) => [name, mean(b, rules, value)]))
}

/** This device's rows of values of the batch. */
function ownRows(b: GraphBuilder, { labels }: HeadInput, rows: Value): Value {
  const [count = 0] = labels.type.shape
  return ops.dynamicSlice(b, rows, [ops.multiply(b, ops.convert(b, ops.replicaId(b), 'i32'), count)], [count])
}

function gather(b: GraphBuilder, what: string, rows: Value): Value {
  return named(b, what, () => b.add('all_gather', [rows], { dim: 0 }))
}

function sum(b: GraphBuilder, what: string, value: Value): Value {
  const [summed = value] = named(b, what, () => ops.sumOverReplicas(b, [value]))
  return summed
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
