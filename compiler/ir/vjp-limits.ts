/**
 * What the gradients of `maximum` and `minimum` compare, so that nothing is kept for the comparison alone.
 *
 * An operand is beyond the limit just where the result is: max(x, y) > y where x > y, NaN included. A layer's sum before its
 * activation, a·b + bias, is an operand whose value no other gradient reads; the result, which the next layer multiplies, is in memory
 * for the gradient of that. In `min(max(x, 0), 6)` both comparisons read the last result.
 *
 * Legend: x operand, y limit, z result, all of one shape.
 */
import type { GraphBuilder } from './build.ts'
import { type Op, type OpOf, operandAt, resultAt, type Value } from './graph.ts'
import type { OpKind } from './op.ts'
import type { LimitKind } from './op-family.ts'

type Limit = OpOf<LimitKind>

/** Gradients read none of their results. */
const unread: ReadonlySet<OpKind> = new Set<OpKind>(['add', 'subtract', 'dot_general', 'conv2d'])
/** Gradients read their operands from memory. */
const multiplying: ReadonlySet<OpKind> = new Set<OpKind>(['dot_general', 'conv2d'])

/** A value that is greater (maximum) or less (minimum) than the limit just where the first operand is and a gradient arrives. */
export function comparedWithLimit(b: GraphBuilder, op: Limit): Value {
  const x = operandAt(op, 0)
  if (!unread.has(withoutLimits(x).op.kind)) return x
  const z = lastLimited(b, resultAt(op, 0))
  return readersOf(b, z).some(({ kind }) => multiplying.has(kind)) ? z : x
}

export function isLimit(op: Op): op is Limit {
  return op.kind === 'maximum' || op.kind === 'minimum'
}

function withoutLimits(value: Value): Value {
  return isLimit(value.op) ? withoutLimits(operandAt(value.op, 0)) : value
}

/** The result of the limits that follow. Where they change a value that has no other reader, no gradient arrives at it. */
function lastLimited(b: GraphBuilder, value: Value): Value {
  const [op, ...others] = readersOf(b, value)
  const isFollowed = op !== undefined && others.length === 0 && isLimit(op) && operandAt(op, 0) === value
  return isFollowed ? lastLimited(b, resultAt(op, 0)) : value
}

function readersOf(b: GraphBuilder, value: Value): readonly Op[] {
  return b.ops.filter(({ operands }) => operands.includes(value))
}
