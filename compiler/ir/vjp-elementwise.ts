/** Gradient rules for sources and elementwise ops. Legend: c cotangent, x y operands, z result. */
import type { GraphBuilder } from './build.ts'
import { isFloat } from './dtype.ts'
import { operandAt, resultAt, type Value } from './graph.ts'
import type { BinaryKind, ElementwiseKind, LimitKind, SourceKind, UnaryKind } from './op-family.ts'
import * as ops from './ops.ts'
import { comparedWithLimit } from './vjp-limits.ts'
import { onlyCotangent, type VjpEntry, type VjpRule } from './vjp-rule.ts'

export const vjpSources: { readonly [K in SourceKind]: VjpEntry<K> } = {
  input: 'none',
  constant: 'none',
  iota: 'none',
  replica_id: 'none',
}

/** The rule for a function of x, from its derivative times c; z is the op's result. */
function unary<K extends UnaryKind>(rule: (b: GraphBuilder, c: Value, x: Value, z: Value) => Value): VjpRule<K> {
  return (v) => [rule(v.b, onlyCotangent(v), operandAt(v.op, 0), resultAt(v.op, 0))]
}

interface Binary {
  readonly c: Value
  readonly x: Value
  readonly y: Value
  readonly z: Value
}

function binary<K extends BinaryKind>(rule: (b: GraphBuilder, o: Binary) => readonly [Value, Value]): VjpRule<K> {
  return (v) => rule(v.b, { c: onlyCotangent(v), x: operandAt(v.op, 0), y: operandAt(v.op, 1), z: resultAt(v.op, 0) })
}

/** c where `direction` holds between x and y, else 0; and vice versa for y. */
function chosen<K extends LimitKind>(direction: 'GT' | 'LT'): VjpRule<K> {
  return (v) => {
    const c = onlyCotangent(v)
    const first = ops.compare(v.b, direction, comparedWithLimit(v.b, v.op), operandAt(v.op, 1))
    return [ops.select(v.b, first, c, 0), ops.select(v.b, first, 0, c)]
  }
}

export const vjpElementwise: { readonly [K in ElementwiseKind]: VjpEntry<K> } = {
  /** 0 at 0. */
  abs: unary((b, c, x) => ops.multiply(b, c, ops.sign(b, x))),
  negate: unary((b, c) => ops.negate(b, c)),
  sign: 'none',
  floor: 'none',
  exponential: unary((b, c, _, z) => ops.multiply(b, c, z)),
  log: unary((b, c, x) => ops.divide(b, c, x)),
  sqrt: unary((b, c, _, z) => ops.divide(b, ops.multiply(b, c, 0.5), z)),
  rsqrt: unary((b, c, _, z) => ops.multiply(b, ops.multiply(b, c, -0.5), ops.multiply(b, z, ops.square(b, z)))),
  tanh: unary((b, c, _, z) => ops.multiply(b, c, ops.subtract(b, 1, ops.square(b, z)))),
  logistic: unary((b, c, _, z) => ops.multiply(b, c, ops.multiply(b, z, ops.subtract(b, 1, z)))),
  sine: unary((b, c, x) => ops.multiply(b, c, ops.cosine(b, x))),
  cosine: unary((b, c, x) => ops.negate(b, ops.multiply(b, c, ops.sine(b, x)))),
  /** Infinite at -1 and 1: callers must avoid these points. */
  acos: unary((b, c, x) => ops.negate(b, ops.multiply(b, c, ops.rsqrt(b, ops.subtract(b, 1, ops.square(b, x)))))),
  /** erf'(x) = 2/√π · exp(−x²) */
  erf: unary((b, c, x) => {
    const slope = ops.multiply(b, ops.exponential(b, ops.negate(b, ops.square(b, x))), 2 / Math.sqrt(Math.PI))
    return ops.multiply(b, c, slope)
  }),
  not: 'none',
  is_finite: 'none',
  /** Only between floats: integers carry no gradient. */
  convert: (v) => {
    const { dtype } = operandAt(v.op, 0).type
    return [isFloat(dtype) ? ops.convert(v.b, onlyCotangent(v), dtype) : undefined]
  },
  bitcast: 'none',

  add: binary((_, { c }) => [c, c]),
  subtract: binary((b, { c }) => [c, ops.negate(b, c)]),
  multiply: binary((b, { c, x, y }) => [ops.multiply(b, c, y), ops.multiply(b, c, x)]),
  divide: binary((b, { c, y, z }) => {
    const dx = ops.divide(b, c, y)
    return [dx, ops.negate(b, ops.multiply(b, dx, z))]
  }),
  /** z = x - q·y with an integer q = (x - z) / y that is locally constant. */
  remainder: binary((b, { c, x, y, z }) => {
    const q = ops.divide(b, ops.subtract(b, x, z), y)
    return [c, ops.negate(b, ops.multiply(b, c, q))]
  }),
  /** d(x^y)/dy = z·log x, taken as 0 where x ≤ 0. */
  power: binary((b, { c, x, y, z }) => {
    const dx = ops.multiply(b, y, ops.power(b, x, ops.subtract(b, y, 1)))
    const log = ops.select(b, ops.compare(b, 'GT', x, 0), ops.log(b, x), 0)
    return [ops.multiply(b, c, dx), ops.multiply(b, ops.multiply(b, c, z), log)]
  }),
  /** At a tie the gradient goes to the second operand, so `maximum(x, 0)` has slope 0 at 0, the common definition of ReLU. */
  maximum: chosen('GT'),
  minimum: chosen('LT'),
  and: 'none',
  or: 'none',
  xor: 'none',
  shift_left: 'none',
  shift_right_logical: 'none',

  compare: 'none',
  select: (v) => {
    const c = onlyCotangent(v)
    const p = operandAt(v.op, 0)
    return [undefined, ops.select(v.b, p, c, 0), ops.select(v.b, p, 0, c)]
  },
}
