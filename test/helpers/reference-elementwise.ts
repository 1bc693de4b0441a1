/** The reference's rules for sources and elementwise ops. */
import { isFloat } from '../../compiler/ir/dtype.ts'
import type { BinaryKind, ElementwiseKind, SourceKind, UnaryKind } from '../../compiler/ir/op-family.ts'
import { bug } from '../../grammar/diagnostic.ts'
import { decode, hostTensor } from './host-tensor.ts'
import { at, generate, local, operandOf, type ReferenceRule, resultType } from './reference-tensor.ts'

/** `input` is missing because the evaluator has its values. */
export const referenceSources: { readonly [K in Exclude<SourceKind, 'input'>]: ReferenceRule<K> } = {
  constant: local((op) => {
    const { dtype, shape, value } = op.params
    if (typeof value === 'number') return [generate(op.params, () => value)]
    return [{ dtype, shape, data: decode(dtype, value) }]
  }),
  iota: local((op) => [generate(op.params, (index) => index[op.params.dim] ?? 0)]),
  replica_id: local((op, _, replica) => [generate(resultType(op), () => replica)]),
}

function unary<K extends UnaryKind>(f: (x: number) => number): ReferenceRule<K> {
  return local((op, operands) => {
    const x = operandOf(operands, 0)
    return [generate(resultType(op), (index) => f(at(x, index)))]
  })
}

/** `exact` computes integers for which doubles would lose bits. */
function binary<K extends BinaryKind | 'compare'>(
  f: (x: number, y: number) => number,
  exact: (x: number, y: number) => number = f,
): ReferenceRule<K> {
  return local((op, operands) => {
    const x = operandOf(operands, 0)
    const y = operandOf(operands, 1)
    const rule = isFloat(x.dtype) ? f : exact
    return [generate(resultType(op), (index) => rule(at(x, index), at(y, index)))]
  })
}

const comparisons = {
  EQ: (x: number, y: number) => x === y,
  NE: (x: number, y: number) => x !== y,
  LT: (x: number, y: number) => x < y,
  LE: (x: number, y: number) => x <= y,
  GT: (x: number, y: number) => x > y,
  GE: (x: number, y: number) => x >= y,
}

const widths: { readonly [K in string]: number } = { i32: 32, u32: 32, u8: 8, i8: 8 }

/** Shifts in zeros from the left: the operand is read as unsigned. */
const shiftRight: ReferenceRule<'shift_right_logical'> = local((op, operands) => {
  const x = operandOf(operands, 0)
  const y = operandOf(operands, 1)
  const mask = widths[x.dtype] === 8 ? 0xff : 0xffffffff
  return [generate(resultType(op), (index) => ((at(x, index) & mask) >>> 0) >>> at(y, index))]
})

const not: ReferenceRule<'not'> = local((_, operands) => {
  const x = operandOf(operands, 0)
  const f = x.dtype === 'pred' ? (bit: number) => 1 - bit : (bits: number) => ~bits
  return [generate(x, (index) => f(at(x, index)))]
})

/** The integral of 2/√π · exp(−t²) from 0 to x by Simpson's rule; ±1 to 16 digits beyond 6. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x)
  const half = 1000
  const width = x / (2 * half)
  const density = (at: number) => (2 / Math.sqrt(Math.PI)) * Math.exp(-((at * width) ** 2))
  const parts = Array.from({ length: half }, (_, i) => density(2 * i) + 4 * density(2 * i + 1) + density(2 * i + 2))
  return (width / 3) * parts.reduce((sum, part) => sum + part, 0)
}

export const referenceElementwise: { readonly [K in ElementwiseKind]: ReferenceRule<K> } = {
  abs: unary(Math.abs),
  negate: unary((x) => -x),
  sign: unary(Math.sign),
  floor: unary(Math.floor),
  exponential: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  rsqrt: unary((x) => 1 / Math.sqrt(x)),
  tanh: unary(Math.tanh),
  logistic: unary((x) => 1 / (1 + Math.exp(-x))),
  sine: unary(Math.sin),
  cosine: unary(Math.cos),
  acos: unary(Math.acos),
  erf: unary(erf),
  not,
  is_finite: unary((x) => (Number.isFinite(x) ? 1 : 0)),
  convert: local((op, operands) => {
    const x = operandOf(operands, 0)
    const whole = isFloat(x.dtype) && !isFloat(op.params.dtype) && op.params.dtype !== 'pred'
    return [generate(resultType(op), (index) => (whole ? Math.trunc(at(x, index)) : at(x, index)))]
  }),
  bitcast: local((op, operands) => {
    const x = operandOf(operands, 0)
    const bits = hostTensor(
      x,
      Array.from({ length: x.data.length }, (_, i) => x.data[i] ?? 0),
    ).data
    const { dtype } = op.params
    const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array }
    if (dtype !== 'f32' && dtype !== 'i32' && dtype !== 'u32') return bug(`bitcast to ${dtype}`)
    return [{ dtype, shape: x.shape, data: Array.from(new arrays[dtype](bits.slice().buffer)) }]
  }),
  add: binary((x, y) => x + y),
  subtract: binary((x, y) => x - y),
  multiply: binary((x, y) => x * y, Math.imul),
  divide: binary(
    (x, y) => x / y,
    (x, y) => Math.trunc(x / y),
  ),
  remainder: binary((x, y) => x % y),
  power: binary((x, y) => x ** y),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  and: binary((x, y) => x & y),
  or: binary((x, y) => x | y),
  xor: binary((x, y) => x ^ y),
  shift_left: binary((x, y) => x << y),
  shift_right_logical: shiftRight,
  compare: local((op, operands) => {
    const x = operandOf(operands, 0)
    const y = operandOf(operands, 1)
    const holds = comparisons[op.params.direction]
    return [generate(resultType(op), (index) => (holds(at(x, index), at(y, index)) ? 1 : 0))]
  }),
  select: local((op, operands) => {
    const [p, x, y] = [operandOf(operands, 0), operandOf(operands, 1), operandOf(operands, 2)]
    return [generate(resultType(op), (index) => at(at(p, index) === 1 ? x : y, index))]
  }),
}
