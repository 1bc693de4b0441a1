/**
 * The margin softmax over one chunk of class centers: logits, their softmax statistics, and the gradients of a chunk once the
 * statistics of all classes are known. The same code processes the whole shard at once and the body of a loop over chunks.
 *
 * Legend: B rows (embeddings), K classes of the chunk, S centers of a class, D embedding width; x̂, ŵ are x/|x|, w/|w|; z = x̂·ŵ the
 * cosines, of a class the greatest of its centers'.
 */
import type { Margin, SettledExperiment } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { DType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { gradient } from '../ir/vjp.ts'
import { closestOf, gradientOf, joinCenters, splitCenters } from './sub-centers.ts'

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
function perRow(b: GraphBuilder, x: Value, like: Value): Value {
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
}

export interface ChunkLogits {
  /** The first, second … center of each class. */
  readonly centers: readonly Normalized[]
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
  const product = ({ unit }: Normalized) =>
    ops.matmul(b, ops.convert(b, input.embeddings, compute), ops.convert(b, unit, compute), {
      transposeRhs: true,
      dtype: 'f32',
    })
  const centers = splitCenters(b, input.centers, rules.perClass).map((part) => normalizeRows(b, part))
  const { greatest, which } = closestOf(b, centers.map(product))
  const cosines = ops.clamp(b, greatest, -1, 1)
  const shape = cosines.type.shape
  const classIndex = ops.iota(b, { dtype: 'i32', shape }, 1)
  const isTarget = ops.compare(b, 'EQ', classIndex, ops.broadcastVector(b, input.slots, shape, 0))
  const targetCosine = ops.sumOver(b, ops.select(b, isTarget, cosines, 0), [1])
  const targetLogit = ops.multiply(b, margin.target(b, targetCosine), margin.scale)
  const others = ops.multiply(b, margin.other === undefined ? cosines : margin.other(b, cosines), margin.scale)
  const withTarget = ops.select(b, isTarget, ops.broadcastVector(b, targetLogit, shape, 0), others)
  const present = input.present === undefined ? undefined : ops.broadcastVector(b, input.present, shape, 1)
  const logits = present === undefined ? withTarget : ops.select(b, present, withTarget, ABSENT)
  const rows = shape[1] ?? 0
  const hasTarget = ops.and(b, ops.compare(b, 'GE', input.slots, 0), ops.compare(b, 'LT', input.slots, rows))
  return { centers, cosines, which, isTarget, targetCosine, targetLogit, logits, hasTarget, present }
}

/** The softmax statistics of a row over the classes seen so far, each f32 [B]. */
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
  const max = ops.maxOver(b, chunk.logits, [1])
  const shifted = ops.subtract(b, chunk.logits, perRow(b, max, chunk.logits))
  return {
    max,
    sum: ops.sumOver(b, ops.exponential(b, shifted), [1]),
    target: ops.select(b, chunk.hasTarget, chunk.targetLogit, 0),
    logits: rules.smoothing === 0 ? undefined : ops.sumOver(b, wherePresent(b, chunk, chunk.logits), [1]),
  }
}

/** x [B,K], 0 where there is no class. */
function wherePresent(b: GraphBuilder, { present }: ChunkLogits, x: Value): Value {
  return present === undefined ? x : ops.select(b, present, x, 0)
}

/** What the gradients of a chunk need from all classes, each f32 [B]. */
export interface SoftmaxTotal {
  readonly max: Value
  readonly sum: Value
  /** The target probability of every class but the true one; `undefined` without label smoothing. */
  readonly share: Value | undefined
}

export interface ChunkGradients {
  /** With respect to x̂, this chunk's contribution, f32 [B,D]. */
  readonly embeddings: Value
  /** With respect to w, f32 [K,S·D]. */
  readonly centers: Value
}

/**
 * The gradients of the mean loss through one chunk; `total` are the statistics over all classes. With respect to a logit, the
 * gradient is its probability minus its target probability: with label smoothing ε over n classes (arXiv:1512.00567, section 7),
 * 1 − ε + ε/n for the true class and ε/n for the others.
 */
export function chunkGradients(
  b: GraphBuilder,
  rules: HeadRules,
  input: ChunkInput,
  chunk: ChunkLogits,
  total: SoftmaxTotal,
): ChunkGradients {
  const { margin, compute } = rules
  const shape = chunk.logits.type.shape
  const exponent = ops.exponential(b, ops.subtract(b, chunk.logits, perRow(b, total.max, chunk.logits)))
  const probability = ops.multiply(b, exponent, perRow(b, ops.divide(b, 1, total.sum), exponent))

  const { share } = total
  const excess =
    share === undefined
      ? probability
      : wherePresent(b, chunk, ops.subtract(b, probability, perRow(b, share, probability)))
  const otherCotangent = ops.multiply(b, excess, margin.scale)
  const otherGradient =
    margin.other === undefined
      ? otherCotangent
      : through(b, chunk.cosines, (z) => margin.other?.(b, z) ?? z, otherCotangent)

  const targetExcess = ops.sumOver(b, ops.select(b, chunk.isTarget, excess, 0), [1])
  const targetCotangent = ops.multiply(b, ops.subtract(b, targetExcess, 1 - rules.smoothing), margin.scale)
  const targetGradient =
    rules.gradient === 'straight_through'
      ? targetCotangent
      : through(b, chunk.targetCosine, (z) => margin.target(b, z), targetCotangent)

  // For the sum over the batch: the mean's 1/B is applied after the products, since f16 cannot represent values below 6e-8.
  const cosineGradient = ops.convert(
    b,
    ops.select(b, chunk.isTarget, ops.broadcastVector(b, targetGradient, shape, 0), otherGradient),
    compute,
  )
  const mean = (sum: Value) => ops.multiply(b, sum, 1 / rules.batch)
  const parts = chunk.centers.map((own, s) => {
    const share = gradientOf(b, chunk, s, cosineGradient)
    const embeddings = ops.matmul(b, share, ops.convert(b, own.unit, compute), { dtype: 'f32' })
    const unitGradient = ops.matmul(b, share, ops.convert(b, input.embeddings, compute), {
      transposeLhs: true,
      dtype: 'f32',
    })
    return { embeddings: mean(embeddings), centers: normalizeRowsGradient(b, own, mean(unitGradient)) }
  })
  return {
    embeddings: parts.map((part) => part.embeddings).reduce((sum, part) => ops.add(b, sum, part)),
    centers: joinCenters(
      b,
      parts.map((part) => part.centers),
    ),
  }
}

/** The cotangent of z, given that of y = f(z); 0 if y does not depend on z. */
function through(b: GraphBuilder, z: Value, f: (z: Value) => Value, cotangent: Value): Value {
  const [result] = gradient(b, [{ value: f(z), cotangent }], [z])
  return result ?? ops.splat(b, 0, z.type)
}
