/** Elementwise functions: computed immediately for numbers known to the compiler, added as ops for tensors of any shape. */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { alignOperands } from './tensors.ts'
import type { Angle, Call, List, Scalar } from './types.ts'

type OnTensor = (builder: GraphBuilder, x: Value) => Value
type OnTensors = (builder: GraphBuilder, x: ops.Arg, y: ops.Arg) => Value

function unary(call: Call, x: Scalar, onNumber: (x: number) => number, onTensor: OnTensor): Scalar {
  return typeof x === 'number' ? onNumber(x) : onTensor(call.graph(), x)
}

function binary(
  call: Call,
  name: string,
  x: Scalar,
  y: Scalar,
  onNumbers: (x: number, y: number) => number,
  onTensors: OnTensors,
): Scalar {
  if (typeof x === 'number' && typeof y === 'number') return onNumbers(x, y)
  const builder = call.graph()
  const aligned = alignOperands(builder, [x, y])
  if ('misfit' in aligned) {
    const [left, right] = aligned.misfit
    return call.fail('ARC4101', { operator: name, left, right })
  }
  const [left = x, right = y] = aligned.operands
  return onTensors(builder, left, right)
}

/** The sum of the numbers of a list, which have one unit, or of tensors of one shape; that of an empty list is 0. */
export function sum(call: Call, list: List): Scalar {
  return list.reduce<Scalar>((total, item) => {
    if (item.kind !== 'number' && item.kind !== 'tensor') return call.fail('ARC4275', {})
    // A tensor is not added to the 0 in front of it.
    if (total === 0) return item.value
    return binary(call, 'sum', total, item.value, (a, b) => a + b, ops.add)
  }, 0)
}

/** e to the power of x. */
export function exp(call: Call, x: Scalar): Scalar {
  return unary(call, x, Math.exp, ops.exponential)
}

/** The natural logarithm. */
export function log(call: Call, x: Scalar): Scalar {
  return unary(call, x, Math.log, ops.log)
}

/** The square root. */
export function sqrt(call: Call, x: Scalar): Scalar {
  return unary(call, x, Math.sqrt, ops.sqrt)
}

/** The hyperbolic tangent. */
export function tanh(call: Call, x: Scalar): Scalar {
  return unary(call, x, Math.tanh, ops.tanh)
}

/** 1 / (1 + exp(-x)) */
export function sigmoid(call: Call, x: Scalar): Scalar {
  return unary(call, x, (v) => 1 / (1 + Math.exp(-v)), ops.logistic)
}

/** The error function: 2/√π · ∫₀ˣ exp(−t²) dt. */
export function erf(call: Call, x: Scalar): Scalar {
  return unary(call, x, errorFunction, ops.erf)
}

/** 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), whose terms all have the same sign; ±1 to 16 digits beyond 6. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x)
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/** The absolute value. */
export function abs(call: Call, x: Scalar): Scalar {
  return unary(call, x, Math.abs, ops.abs)
}

/** The largest integer not above x. */
export function floor(call: Call, x: Scalar): Scalar {
  return unary(call, x, Math.floor, ops.floor)
}

/** The smallest integer not below x. */
export function ceil(call: Call, x: Scalar): Scalar {
  if (typeof x === 'number') return Math.ceil(x)
  const b = call.graph()
  return ops.negate(b, ops.floor(b, ops.negate(b, x)))
}

/** The nearest integer; halves round up. */
export function round(call: Call, x: Scalar): Scalar {
  if (typeof x === 'number') return Math.floor(x + 0.5)
  const b = call.graph()
  return ops.floor(b, ops.add(b, x, 0.5))
}

/** x without its gradient: the same number, which counts as a constant in derivatives. */
export function detach(call: Call, x: Scalar): Scalar {
  return unary(call, x, (v) => v, ops.detach)
}

/** The larger of two numbers. */
export function max(call: Call, x: Scalar, y: Scalar): Scalar {
  return binary(call, 'max', x, y, Math.max, ops.maximum)
}

/** The smaller of two numbers. */
export function min(call: Call, x: Scalar, y: Scalar): Scalar {
  return binary(call, 'min', x, y, Math.min, ops.minimum)
}

/** x to the power of y. */
export function pow(call: Call, x: Scalar, y: Scalar): Scalar {
  return binary(call, 'pow', x, y, Math.pow, ops.power)
}

/** The cosine of an angle. */
export function cos(call: Call, x: Angle): Scalar {
  return unary(call, x, Math.cos, ops.cosine)
}

/** The sine of an angle. */
export function sin(call: Call, x: Angle): Scalar {
  return unary(call, x, Math.sin, ops.sine)
}

/** The cosine is kept this far away from ±1, where the slope of the arc cosine is infinite. */
const arcLimit = 1 - 1e-6

/**
 * The angle in [0, pi] with cosine x. x is first clamped to [-1 + 1e-6, 1 - 1e-6], so that the gradient is finite (the slope is
 * -707 there, and 0 outside).
 */
export function acos(call: Call, x: Scalar): Angle {
  if (typeof x === 'number') return Math.acos(Math.min(Math.max(x, -arcLimit), arcLimit))
  const b = call.graph()
  return ops.acos(b, ops.clamp(b, x, -arcLimit, arcLimit))
}
