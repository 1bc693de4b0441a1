/**
 * Batch normalization written out, because StableHLO's own ops keep 16-bit statistics and no plugin fuses them. Two passes for
 * the statistics: the mean of squares minus the square of the mean loses all digits where the mean is large.
 *
 * Legend: x, y, dy [...,C]; scale, offset, mean, variance [C]; n = elements per channel.
 */
import type { Emitter, Ssa } from './emitter.ts'
import { add, alongLast, convert, fill, multiply, reduce, subtract, unary } from './hlo.ts'
import { at, type EmitRules } from './rule.ts'

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

function training(e: Emitter, operands: readonly Ssa[], epsilon: number): readonly Ssa[] {
  const [input, scale, offset] = [at(operands, 0), at(operands, 1), at(operands, 2)]
  const x = convert(e, input, scale.type.dtype)
  const { shape } = x.type
  const dims = allButLast(x)
  const mean = scaled(e, reduce(e, 'add', x, dims), 1 / perChannel(x))
  const centered = subtract(e, x, alongLast(e, mean, shape))
  const variance = scaled(e, reduce(e, 'add', multiply(e, centered, centered), dims), 1 / perChannel(x))
  const factor = multiply(e, scale, inverseDeviation(e, variance, epsilon))
  const y = add(e, multiply(e, centered, alongLast(e, factor, shape)), alongLast(e, offset, shape))
  return [convert(e, y, input.type.dtype), mean, variance]
}

/**
 * With r = 1/sqrt(variance + epsilon), x̂ = (x - mean)·r, s₀ = Σ dy, s₁ = Σ dy·x̂:
 * dx = scale·r·(dy - s₀/n - x̂·s₁/n), d scale = s₁, d offset = s₀ (Ioffe and Szegedy 2015, section 3).
 */
function gradient(e: Emitter, operands: readonly Ssa[], epsilon: number): readonly Ssa[] {
  const [input, scale, mean, variance] = [at(operands, 0), at(operands, 1), at(operands, 2), at(operands, 3)]
  const { dtype } = scale.type
  const x = convert(e, input, dtype)
  const dy = convert(e, at(operands, 4), dtype)
  const { shape } = x.type
  const dims = allButLast(x)
  const inverse = inverseDeviation(e, variance, epsilon)
  const centered = subtract(e, x, alongLast(e, mean, shape))
  const sum = reduce(e, 'add', dy, dims)
  const weighted = multiply(e, inverse, reduce(e, 'add', multiply(e, dy, centered), dims))
  const factor = multiply(e, scale, inverse)
  const slope = multiply(e, multiply(e, factor, inverse), scaled(e, weighted, 1 / perChannel(x)))
  const constant = multiply(e, factor, scaled(e, sum, 1 / perChannel(x)))
  const scaledDy = multiply(e, dy, alongLast(e, factor, shape))
  const correction = add(e, multiply(e, centered, alongLast(e, slope, shape)), alongLast(e, constant, shape))
  return [convert(e, subtract(e, scaledDy, correction), input.type.dtype), weighted, sum]
}

export const normRules: EmitRules<'batch_norm_training' | 'batch_norm_grad'> = {
  batch_norm_training: (e, op, operands) => training(e, operands, op.params.epsilon),
  batch_norm_grad: (e, op, operands) => gradient(e, operands, op.params.epsilon),
}
