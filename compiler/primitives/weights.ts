/**
 * What an optimizer can ask about a whole weight, for rules per layer such as LARS. Elsewhere a tensor may be a part of something:
 * margins see some of the classes, schedules a number.
 */
import * as ops from '../ir/ops.ts'
import type { Call, Int, Scalar } from './types.ts'

function wholeWeight(call: Call, what: string): void {
  if (!call.updates) call.fail('ARC4028', { what })
}

/** In the `update` of an optimizer: the Euclidean norm of all elements of a weight, or of its gradient or state. */
export function norm(call: Call, x: Scalar): Scalar {
  if (typeof x === 'number') return Math.abs(x)
  wholeWeight(call, '`norm`')
  const b = call.graph()
  return ops.sqrt(b, ops.sumAll(b, ops.square(b, x)))
}

/** In the `update` of an optimizer: the number of dims of a weight. Biases, and scales, offsets and slopes per channel have 1. */
export function rank(call: Call, x: Scalar): Int {
  if (typeof x === 'number') return 0
  wholeWeight(call, '`rank`')
  return x.type.shape.length
}
