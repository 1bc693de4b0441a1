/**
 * Layer normalization of ops, as the standard library writes it.
 *
 * Legend: x y [...,C]; scale offset [C].
 */
import type { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Value } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'

export interface NormOperands {
  /** f32. */
  readonly x: Value
  readonly scale: Value
  readonly offset: Value
}

export function normalizeRows(b: GraphBuilder, { x, scale, offset }: NormOperands, epsilon: number): Value {
  const { shape } = x.type
  const last = shape.length - 1
  const meanOf = (value: Value) => ops.reshape(b, ops.meanOver(b, value, [last]), shape.with(last, 1))
  const expand = (value: Value) =>
    ops.broadcastTo(
      b,
      value,
      shape,
      shape.map((_, dim) => dim),
    )
  const centered = ops.subtract(b, x, expand(meanOf(x)))
  const variance = meanOf(ops.multiply(b, centered, centered))
  const unit = ops.multiply(b, centered, expand(ops.power(b, ops.add(b, variance, epsilon), -0.5)))
  const perChannel = (vector: Value) => ops.broadcastVector(b, vector, shape, -1)
  return ops.add(b, ops.multiply(b, unit, perChannel(scale)), perChannel(offset))
}
