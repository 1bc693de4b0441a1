/**
 * Batch normalization written out, because StableHLO's own ops keep 16-bit statistics and no plugin fuses them.
 *
 * On the CPU the statistics take two passes: the mean of squares minus the square of the mean loses all digits if the mean is
 * large. On a GPU memory traffic is the bottleneck, so they take one pass, over the distances from a value near the mean, whose
 * squares are not much larger than the variance. A running mean starts at 0, so the first steps lose precision in proportion to
 * the ratio of mean to deviation: two of f32's seven digits if the mean is ten times as large.
 *
 * Legend: x, y, dy [...,C]; scale, offset, near, mean, variance [C]; n = elements per channel.
 */
import type { NormKind } from '../ir/op-family.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { add, alongLast, barrier, binary, convert, fill, multiply, reduce, subtract, twoSums, unary } from './hlo.ts'
import { platformForms } from './platform-forms.ts'
import { type Again, at, type EmitRules } from './rule.ts'

function allButLast(x: Ssa): number[] {
  return x.type.shape.slice(0, -1).map((_, i) => i)
}

function scaled(e: Emitter, x: Ssa, factor: number): Ssa {
  return multiply(e, x, fill(e, x.type, factor))
}

/** 1 / sqrt(variance + epsilon) */
function inverseDeviation(e: Emitter, variance: Ssa, epsilon: number): Ssa {
  return unary(e, 'rsqrt', add(e, variance, fill(e, variance.type, epsilon)))
}

function perChannel(x: Ssa): number {
  return x.type.shape.slice(0, -1).reduce((n, dim) => n * dim, 1)
}

interface Statistics {
  readonly mean: Ssa
  readonly variance: Ssa
}

/** Distances of the elements from a value per channel. */
function distances(e: Emitter, x: Ssa, from: Ssa): Ssa {
  return subtract(e, x, alongLast(e, from, x.type.shape))
}

/** The sums of two tensors over all dims but the last. */
function channelSums(e: Emitter, a: Ssa, b: Ssa): readonly [Ssa, Ssa] {
  const dims = allButLast(a)
  if (!platformForms[e.platform].sparesReads || a.type.dtype !== 'f32')
    return [reduce(e, 'add', a, dims), reduce(e, 'add', b, dims)]
  return twoSums(e, a, b, dims)
}

function meanOver(e: Emitter, x: Ssa): Ssa {
  return scaled(e, reduce(e, 'add', x, allButLast(x)), 1 / perChannel(x))
}

function inTwoPasses(e: Emitter, x: Ssa): Statistics {
  const mean = meanOver(e, x)
  const centered = distances(e, x, mean)
  return { mean, variance: meanOver(e, multiply(e, centered, centered)) }
}

function inOnePass(e: Emitter, x: Ssa, near: Ssa): Statistics {
  const apart = distances(e, x, near)
  const sums = channelSums(e, apart, multiply(e, apart, apart))
  const [first, second] = [scaled(e, sums[0], 1 / perChannel(x)), scaled(e, sums[1], 1 / perChannel(x))]
  // For a constant channel, rounding may leave a value below zero.
  const variance = binary(e, 'maximum', subtract(e, second, multiply(e, first, first)), fill(e, second.type, 0))
  return { mean: add(e, near, first), variance }
}

/** y of an input with known statistics. */
export function normalized(
  e: Emitter,
  input: Ssa,
  { scale, offset, mean, variance }: Statistics & { readonly scale: Ssa; readonly offset: Ssa },
  epsilon: number,
): Ssa {
  const x = convert(e, input, scale.type.dtype)
  const factor = multiply(e, scale, inverseDeviation(e, variance, epsilon))
  const { shape } = x.type
  const y = add(e, multiply(e, distances(e, x, mean), alongLast(e, factor, shape)), alongLast(e, offset, shape))
  return convert(e, y, input.type.dtype)
}

function training(e: Emitter, operands: readonly Ssa[], epsilon: number): readonly Ssa[] {
  const [input, scale, offset] = [at(operands, 0), at(operands, 1), at(operands, 2)]
  const x = convert(e, input, scale.type.dtype)
  const found = platformForms[e.platform].sparesReads ? inOnePass(e, x, at(operands, 3)) : inTwoPasses(e, x)
  return [normalized(e, input, { scale, offset, ...found }, epsilon), found.mean, found.variance]
}

/**
 * With r = 1/sqrt(variance + epsilon), x̂ = (x - mean)·r, s₀ = Σ dy, s₁ = Σ dy·x̂:
 * dx = scale·r·(dy - s₀/n - x̂·s₁/n), d scale = s₁, d offset = s₀ (Ioffe and Szegedy 2015, section 3).
 */
function gradient(e: Emitter, operands: readonly Ssa[], epsilon: number, again: Again): readonly Ssa[] {
  const [input, scale, mean, variance] = [at(operands, 0), at(operands, 1), at(operands, 2), at(operands, 3)]
  const { dtype } = scale.type
  // The forward pass has computed the same distances from the mean: they would be kept, besides the input itself.
  const apart = platformForms[e.platform].keepsEqual && e.ordersCalls ? at(barrier(e, [input]), 0) : input
  const x = convert(e, apart, dtype)
  const dy = convert(e, at(operands, 4), dtype)
  const { shape } = x.type
  const inverse = inverseDeviation(e, variance, epsilon)
  const centered = subtract(e, x, alongLast(e, mean, shape))
  const [sum, product] = channelSums(e, dy, multiply(e, dy, centered))
  const weighted = multiply(e, inverse, product)
  const factor = multiply(e, scale, inverse)
  const slope = multiply(e, multiply(e, factor, inverse), scaled(e, weighted, 1 / perChannel(x)))
  const constant = multiply(e, factor, scaled(e, sum, 1 / perChannel(x)))
  // The sums and the rest are two kernels: each computes dy itself if it is not in memory.
  const second = platformForms[e.platform].sparesReads ? convert(e, again(4), dtype) : dy
  const scaledDy = multiply(e, second, alongLast(e, factor, shape))
  const correction = add(e, multiply(e, centered, alongLast(e, slope, shape)), alongLast(e, constant, shape))
  return [convert(e, subtract(e, scaledDy, correction), input.type.dtype), weighted, sum]
}

export const normRules: EmitRules<NormKind> = {
  batch_norm_training: (e, op, operands) => training(e, operands, op.params.epsilon),
  batch_norm_grad: (e, op, operands, again) => gradient(e, operands, op.params.epsilon, again),
}
