/**
 * The margin softmax over one chunk of class centers: logits and their softmax statistics; `head-gradients.ts` has the gradients.
 * The same code processes the whole shard at once and the body of a loop over chunks.
 *
 * Legend: B rows (embeddings), K classes of the chunk, S centers of a class, D embedding width; x̂, ŵ are x/|x|, w/|w|; z = x̂·ŵ the
 * cosines, of a class the greatest of its centers'.
 */
import type { Margin, MarginValues, SettledExperiment } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { DType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { closestOf, rowPerCenter } from './sub-centers.ts'

/** The logit of a class that is not in the step: its exponential is exactly 0. */
export const ABSENT = -1e30

export interface HeadRules {
  readonly margin: Margin
  readonly gradient: SettledExperiment['centers']['gradient']
  /** Element type of the two matrix products; statistics are f32. */
  readonly compute: DType
  /** S. */
  readonly perClass: number
  /** Rows averaged by the loss: the global batch. */
  readonly batch: number
  /** The part of the target probability that is spread over the classes of the step, in [0, 1). */
  readonly smoothing: number
}

/** Rows scaled to norm 1: x̂ [R,D] and 1/|x| [R]. */
export interface Normalized {
  readonly unit: Value
  readonly inverseNorm: Value
}

export function normalizeRows(b: GraphBuilder, x: Value): Normalized {
  const inverseNorm = ops.inverseNorm(b, x, 1)
  return { unit: ops.multiply(b, x, perRow(b, inverseNorm, x)), inverseNorm }
}

/** The gradient of x from that of x̂: (g − x̂ (x̂·g)) / |x|. */
export function normalizeRowsGradient(b: GraphBuilder, normalized: Normalized, cotangent: Value): Value {
  const { unit, inverseNorm } = normalized
  const along = ops.sumOver(b, ops.multiply(b, unit, cotangent), [1])
  const across = ops.subtract(b, cotangent, ops.multiply(b, unit, perRow(b, along, unit)))
  return ops.multiply(b, across, perRow(b, inverseNorm, across))
}

/** Broadcasts [R] along the rows of `like` [R,C]. */
export function perRow(b: GraphBuilder, x: Value, like: Value): Value {
  return ops.broadcastVector(b, x, like.type.shape, 0)
}

export interface ChunkInput {
  /** x̂ f32 [B,D]. */
  readonly embeddings: Value
  /** w f32 [K,S·D]. */
  readonly centers: Value
  /** i32 [B]: the row of the true class in this chunk; out of [0, K) if it is elsewhere. */
  readonly slots: Value
  /** pred [K]: rows that hold a class of this step; `undefined` if all do. */
  readonly present: Value | undefined
  /** What the margin reads beside the cosines. */
  readonly values: MarginValues
  /** Pictures of the classes, f32 [1,K]; `undefined` unless logits of other classes depend on them. */
  readonly counts: Value | undefined
}

export interface ChunkLogits {
  /** ŵ [K·S,D] */
  readonly centers: Normalized
  /** z [B,K] */
  readonly cosines: Value
  /** The number of the center that z belongs to, i32 [B,K]; `undefined` if a class has one. */
  readonly which: Value | undefined
  /** pred [B,K] */
  readonly isTarget: Value
  /** z of the true class if it is in this chunk, else 0 [B]. */
  readonly targetCosine: Value
  /** s·target(z) of those, [B]; meaningless if the class is elsewhere. */
  readonly targetLogit: Value
  /** [B,K]; ABSENT where there is no class. */
  readonly logits: Value
  /** pred [B]: the true class is in this chunk. */
  readonly hasTarget: Value
  /** pred [B,K]: where there is a class; `undefined` if everywhere. */
  readonly present: Value | undefined
}

export function chunkLogits(b: GraphBuilder, rules: HeadRules, input: ChunkInput): ChunkLogits {
  const { margin, compute } = rules
  const centers = normalizeRows(b, rowPerCenter(b, input.centers, rules.perClass))
  const product = ops.matmul(b, ops.convert(b, input.embeddings, compute), ops.convert(b, centers.unit, compute), {
    transposeRhs: true,
    dtype: 'f32',
  })
  const { greatest, which } = closestOf(b, product, rules.perClass)
  const cosines = ops.clamp(b, greatest, -1, 1)
  const shape = cosines.type.shape
  const classIndex = ops.iota(b, { dtype: 'i32', shape }, 1)
  const isTarget = ops.compare(b, 'EQ', classIndex, ops.broadcastVector(b, input.slots, shape, 0))
  const targetCosine = ops.sumOver(b, ops.select(b, isTarget, cosines, 0), [1])
  const targetLogit = ops.multiply(b, margin.target(b, targetCosine, input.values), margin.scale)
  const others = ops.multiply(b, margin.other?.(b, cosines, besideClasses(b, input)) ?? cosines, margin.scale)
  const withTarget = ops.select(b, isTarget, ops.broadcastVector(b, targetLogit, shape, 0), others)
  const present = input.present === undefined ? undefined : ops.broadcastVector(b, input.present, shape, 1)
  const logits = present === undefined ? withTarget : ops.select(b, present, withTarget, ABSENT)
  const rows = shape[1] ?? 0
  const hasTarget = ops.and(b, ops.compare(b, 'GE', input.slots, 0), ops.compare(b, 'LT', input.slots, rows))
  return { centers, cosines, which, isTarget, targetCosine, targetLogit, logits, hasTarget, present }
}

/** Values of rows [B] next to cosines [B,K]: [B,1]; and the pictures of the classes, [1,K]. */
export function besideClasses(
  b: GraphBuilder,
  { values, counts }: Pick<ChunkInput, 'values' | 'counts'>,
): MarginValues {
  const beside = (value: Value | number) =>
    typeof value === 'number' || value.type.shape.length === 0 ? value : ops.reshape(b, value, [...value.type.shape, 1])
  const ofRows = Array.from(values, ([name, value]) => [name, beside(value)] as const)
  return new Map(counts === undefined ? ofRows : [...ofRows, ['count', counts]])
}

/**
 * The softmax statistics of a row over the classes seen so far, each f32 [B]. For a sigmoid per class, `sum` is the loss so
 * far, and the others are 0.
 */
export interface SoftmaxStatistics {
  readonly max: Value
  /** Sum of exp(logit − max). */
  readonly sum: Value
  /** The true class's logit, 0 if it has not been seen. */
  readonly target: Value
  /** Sum of the logits; `undefined` without label smoothing. */
  readonly logits: Value | undefined
}

export function chunkStatistics(b: GraphBuilder, rules: HeadRules, chunk: ChunkLogits): SoftmaxStatistics {
  if (rules.margin.loss === 'sigmoid') return sigmoidStatistics(b, chunk)
  const max = ops.maxOver(b, chunk.logits, [1])
  const shifted = ops.subtract(b, chunk.logits, perRow(b, max, chunk.logits))
  return {
    max,
    sum: ops.sumOver(b, ops.exponential(b, shifted), [1]),
    target: ops.select(b, chunk.hasTarget, chunk.targetLogit, 0),
    logits: rules.smoothing === 0 ? undefined : ops.sumOver(b, wherePresent(b, chunk, chunk.logits), [1]),
  }
}

/** One versus all: softplus(−logit) of the true class, softplus(logit) of the others. */
function sigmoidStatistics(b: GraphBuilder, chunk: ChunkLogits): SoftmaxStatistics {
  const signed = ops.select(b, chunk.isTarget, ops.negate(b, chunk.logits), chunk.logits)
  const sum = ops.sumOver(b, softplus(b, signed), [1])
  const zero = ops.splat(b, 0, sum.type)
  return { max: zero, sum, target: zero, logits: undefined }
}

/** Below this, log(1 + e) loses digits of e in f32, and two terms of its series are exact. */
const SMALL = 2 ** -10

/** log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)). */
function softplus(b: GraphBuilder, x: Value): Value {
  const e = ops.exponential(b, ops.negate(b, ops.abs(b, x)))
  const series = ops.multiply(b, e, ops.subtract(b, 1, ops.multiply(b, e, 0.5)))
  const log = ops.select(b, ops.compare(b, 'LT', e, SMALL), series, ops.log(b, ops.add(b, e, 1)))
  return ops.add(b, ops.maximum(b, x, 0), log)
}

/** x [B,K], 0 where there is no class. */
export function wherePresent(b: GraphBuilder, { present }: ChunkLogits, x: Value): Value {
  return present === undefined ? x : ops.select(b, present, x, 0)
}
