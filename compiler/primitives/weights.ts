/**
 * What an optimizer can ask about a whole weight, for rules per layer such as LARS. Elsewhere a tensor may be a part of something:
 * margins see some of the classes, schedules a number.
 */
import { type NormScope, weightNorm } from '../ir/weight-norms.ts'
import type { Call, Int, Scalar } from './types.ts'

function scopeOf(call: Call, what: string): NormScope {
  return call.norms ?? call.fail('ARC4028', { what })
}

/**
 * In the `update` of an optimizer: the Euclidean norm of all elements of a weight, or of its gradient, its state or what is computed
 * from them. For the centers, it is that of a class.
 */
export function norm(call: Call, x: Scalar): Scalar {
  if (typeof x === 'number') return Math.abs(x)
  const scope = scopeOf(call, '`norm`')
  return weightNorm(call.graph(), x, scope)
}

/** In the `update` of an optimizer: the number of dims of a weight. Biases, and scales, offsets and slopes per channel have 1. */
export function rank(call: Call, x: Scalar): Int {
  if (typeof x === 'number') return 0
  scopeOf(call, '`rank`')
  return x.type.shape.length
}
