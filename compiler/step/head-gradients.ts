/**
 * The gradients of the head through one chunk of class centers, once the statistics of all classes are known.
 *
 * Legend: B rows (embeddings), K classes of the chunk, S centers of a class, D embedding width; x̂, ŵ are x/|x|, w/|w|; z = x̂·ŵ the
 * cosines, of a class the greatest of its centers'.
 */
import type { Margin, MarginValues } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { gradient } from '../ir/vjp.ts'
import {
  besideClasses,
  type ChunkInput,
  type ChunkLogits,
  type HeadRules,
  normalizeRowsGradient,
  perRow,
  wherePresent,
} from './head-chunk.ts'
import { gradientByCenter, rowPerClass } from './sub-centers.ts'

/** What the gradients of a chunk need from all classes, each f32 [B]. */
export interface SoftmaxTotal {
  readonly max: Value
  readonly sum: Value
  /** The target probability of every class but the true one; `undefined` without label smoothing. */
  readonly share: Value | undefined
  /**
   * The gradient of the loss, summed over the batch, with respect to the cosine of the row's own class where other logits and
   * the penalty read it; `undefined` if none has a gradient.
   */
  readonly own: Value | undefined
}

export interface ChunkGradients {
  /** With respect to x̂, this chunk's contribution, f32 [B,D]. */
  readonly embeddings: Value
  /** With respect to w, f32 [K,S·D]. */
  readonly centers: Value
  /** With respect to what the margin reads, of the loss summed over the batch: f32 [B] of rows, f32 [] of learned numbers. */
  readonly values: ReadonlyMap<string, Value>
}

/** The values whose gradients a chunk contributes to: the norm, and what the margin learns. */
export function valuesWithGradients({ needs, learned }: Margin): readonly string[] {
  const names = ['norm', ...learned]
  return names.filter((name) => needs.target.varying.has(name) || needs.other.varying.has(name))
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
  const excess = excessOf(b, rules, chunk, total)
  const others = othersGradient(b, rules, input, chunk, excess)
  const target = targetGradient(b, rules, input, chunk, excess)
  const ofTarget = sumOf(b, target.cos, total.own)

  // For the sum over the batch: the mean's 1/B is applied after the products, since f16 cannot represent values below 6e-8.
  const cosineGradient = ops.convert(
    b,
    ops.select(b, chunk.isTarget, ops.broadcastVector(b, ofTarget, shape, 0), others.cos),
    compute,
  )
  const mean = (sum: Value) => ops.multiply(b, sum, 1 / rules.batch)
  const productGradient = gradientByCenter(b, chunk, cosineGradient, rules.perClass)
  const embeddings = ops.matmul(b, productGradient, ops.convert(b, chunk.centers.unit, compute), { dtype: 'f32' })
  const unitGradient = ops.matmul(b, productGradient, ops.convert(b, input.embeddings, compute), {
    transposeLhs: true,
    dtype: 'f32',
  })
  return {
    embeddings: mean(embeddings),
    centers: rowPerClass(b, normalizeRowsGradient(b, chunk.centers, mean(unitGradient)), rules.perClass),
    values: addGradients(b, others.values, target.values, valuesWithGradients(margin)),
  }
}

/** The gradient of the loss, summed over the batch, with respect to logits, but without the target probability 1 − ε of the true class. */
export function excessOf(b: GraphBuilder, { margin }: HeadRules, chunk: ChunkLogits, total: SoftmaxTotal): Value {
  if (margin.loss === 'sigmoid') return ops.logistic(b, chunk.logits)
  const exponent = ops.exponential(b, ops.subtract(b, chunk.logits, perRow(b, total.max, chunk.logits)))
  const probability = ops.multiply(b, exponent, perRow(b, ops.divide(b, 1, total.sum), exponent))
  const { share } = total
  if (share === undefined) return probability
  return wherePresent(b, chunk, ops.subtract(b, probability, perRow(b, share, probability)))
}

/** Gradients with respect to cosines, and to what the margin reads. */
interface Pulled {
  readonly cos: Value
  readonly values: ReadonlyMap<string, Value>
}

/** Of the logits of other classes, [B,K]; meaningless for the true one. */
export function othersGradient(
  b: GraphBuilder,
  { margin }: HeadRules,
  input: ChunkInput,
  chunk: ChunkLogits,
  excess: Value,
): Pulled {
  const cotangent = ops.multiply(b, excess, margin.scale)
  const { other, needs } = margin
  if (other === undefined) return { cos: cotangent, values: new Map() }
  const { varying } = needs.other
  const masked = varying.size === 0 ? cotangent : ops.select(b, chunk.isTarget, 0, cotangent)
  const beside = besideClasses(b, input)
  const pulled = pull(b, chunk.cosines, beside, varying, (z) => other(b, z, beside), masked)
  const ofRows = (value: Value) => {
    const { shape } = value.type
    return shape.length === 2 ? ops.reshape(b, value, shape.slice(0, 1)) : value
  }
  return { ...pulled, values: new Map(Array.from(pulled.values, ([name, value]) => [name, ofRows(value)])) }
}

/** Of the logits of the true classes, [B]; its values are 0 for rows whose class is elsewhere. */
function targetGradient(
  b: GraphBuilder,
  { margin, gradient: how, smoothing }: HeadRules,
  input: ChunkInput,
  chunk: ChunkLogits,
  excess: Value,
): Pulled {
  const targetExcess = ops.sumOver(b, ops.select(b, chunk.isTarget, excess, 0), [1])
  const cotangent = ops.multiply(b, ops.subtract(b, targetExcess, 1 - smoothing), margin.scale)
  const { varying } = margin.needs.target
  const { values } = input
  const target = (z: Value) => margin.target(b, z, values)
  if (varying.size === 0 && how === 'straight_through') return { cos: cotangent, values: new Map() }
  const masked = varying.size === 0 ? cotangent : ops.select(b, chunk.hasTarget, cotangent, 0)
  const pulled = pull(b, chunk.targetCosine, values, varying, target, masked)
  return how === 'straight_through' ? { ...pulled, cos: masked } : pulled
}

/** The cotangents of z and of values, given that of y = f(z); 0 for z if y does not depend on it. */
function pull(
  b: GraphBuilder,
  z: Value,
  values: MarginValues,
  varying: ReadonlySet<string>,
  f: (z: Value) => Value,
  cotangent: Value,
): Pulled {
  const { first, named } = gradientsOf(b, { value: f(z), cotangent }, [z], values, varying)
  return { cos: first[0] ?? ops.splat(b, 0, z.type), values: named }
}

/** Gradients with respect to some values, and by name to those that vary; `undefined`, or no name, without dependence. */
export function gradientsOf(
  b: GraphBuilder,
  output: { readonly value: Value; readonly cotangent: Value },
  others: readonly Value[],
  values: MarginValues,
  varying: ReadonlySet<string>,
): { readonly first: readonly (Value | undefined)[]; readonly named: ReadonlyMap<string, Value> } {
  const read = [...varying].flatMap((name) => {
    const value = values.get(name)
    return value === undefined || typeof value === 'number' ? [] : [{ name, value }]
  })
  const found = gradient(b, [output], [...others, ...read.map(({ value }) => value)])
  const named = read.flatMap(({ name }, i) => {
    const own = found[others.length + i]
    return own === undefined ? [] : [[name, own] as const]
  })
  return { first: found.slice(0, others.length), named: new Map(named) }
}

/** The sum of what there is; of nothing, `undefined`. */
export function sumOf<T extends Value | undefined>(b: GraphBuilder, x: T, y: Value | undefined): T | Value {
  return x === undefined || y === undefined ? (x ?? y ?? x) : ops.add(b, x, y)
}

/** The sums of two sets of gradients, for these names. */
export function addGradients(
  b: GraphBuilder,
  x: ReadonlyMap<string, Value>,
  y: ReadonlyMap<string, Value>,
  names: readonly string[],
): ReadonlyMap<string, Value> {
  return new Map(
    names.flatMap((name) => {
      const value = sumOf(b, x.get(name), y.get(name))
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}
