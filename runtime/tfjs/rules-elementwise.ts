/** The elementwise ops: floats with TensorFlow.js, integers and `pred` with loops over typed arrays. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { elementCount, type TensorType } from '../../compiler/ir/dtype.ts'
import type { CompareDirection } from '../../compiler/ir/op.ts'
import type { BinaryKind, ElementwiseKind, UnaryKind } from '../../compiler/ir/op-family.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { Tf } from './backend.ts'
import { type IntegerFunction, integerOps, integerRange } from './integer-ops.ts'
import { moveAll } from './movement.ts'
import { type InterpretRule, local, operandOf } from './rule.ts'
import {
  asDense,
  asFloat,
  type DenseArray,
  type DenseValue,
  denseArray,
  denseDType,
  denseValue,
  type FloatValue,
  floatsOf,
  floatValue,
  hostFloats,
  isDense,
  numbersOf,
  type RuleContext,
  type RuntimeValue,
  share,
} from './value.ts'

type Numbers = Float32Array | DenseArray

function unary<K extends UnaryKind>(
  floats: (tf: Tf, x: Tensor) => Tensor,
  integers: (x: number) => number = () => bug('a float op on integers'),
): InterpretRule<K> {
  return local((cx, _, operands, type) => {
    const x = operandOf(operands, 0)
    if (x.kind === 'float') return floatValue(cx, type, floats(cx.tf, x.tensor))
    const data = denseArray(x.dtype, x.data.length)
    for (let i = 0; i < data.length; i++) data[i] = integers(x.data[i] as number)
    return denseValue(type, data)
  })
}

function binary<K extends BinaryKind>(
  kind: K,
  floats: (tf: Tf, x: Tensor, y: Tensor) => Tensor = () => bug(`${kind} of floats`),
): InterpretRule<K> {
  return local((cx, _, operands, type) => {
    const x = operandOf(operands, 0)
    const y = operandOf(operands, 1)
    if (x.kind === 'float') return floatValue(cx, type, floats(cx.tf, x.tensor, asFloat(y).tensor))
    return combineIntegers(integerOps[kind](x.dtype), x, asDense(y))
  })
}

/** Two integers of one type, element by element. */
export function combineIntegers(f: IntegerFunction, x: DenseValue, y: DenseValue): DenseValue {
  const data = denseArray(x.dtype, x.data.length)
  for (let i = 0; i < data.length; i++) data[i] = f(x.data[i] as number, y.data[i] as number)
  return denseValue(x, data)
}

/** TensorFlow.js only has the remainder of floor division; StableHLO's has the sign of the dividend, like JavaScript's. */
function truncatedRemainder(tf: Tf, x: Tensor, y: Tensor): Tensor {
  const dividends = floatsOf(x)
  const divisors = floatsOf(y)
  return tf.tensor(
    dividends.map((value, i) => value % (divisors[i] as number)),
    x.shape,
  )
}

/** TensorFlow.js returns sign 0 for NaN. */
function sign(tf: Tf, x: Tensor): Tensor {
  return tf.where(tf.isNaN(x), x, tf.sign(x))
}

const comparisons: { readonly [D in CompareDirection]: (x: number, y: number) => boolean } = {
  EQ: (x, y) => x === y,
  NE: (x, y) => x !== y,
  LT: (x, y) => x < y,
  LE: (x, y) => x <= y,
  GT: (x, y) => x > y,
  GE: (x, y) => x >= y,
}

const tensorComparisons: { readonly [D in CompareDirection]: (tf: Tf, x: Tensor, y: Tensor) => Tensor } = {
  EQ: (tf, x, y) => tf.equal(x, y),
  NE: (tf, x, y) => tf.notEqual(x, y),
  LT: (tf, x, y) => tf.less(x, y),
  LE: (tf, x, y) => tf.lessEqual(x, y),
  GT: (tf, x, y) => tf.greater(x, y),
  GE: (tf, x, y) => tf.greaterEqual(x, y),
}

const compare: InterpretRule<'compare'> = local((cx, op, operands, type) => {
  const x = operandOf(operands, 0)
  const y = operandOf(operands, 1)
  const { direction } = op.params
  if (x.kind === 'float' && !cx.ownLoops) {
    return denseValue(type, maskOf(tensorComparisons[direction](cx.tf, x.tensor, asFloat(y).tensor)))
  }
  const holds = comparisons[direction]
  const [a, b] = [numbersOf(x), numbersOf(y)]
  const data = new Uint8Array(a.length)
  for (let i = 0; i < data.length; i++) data[i] = holds(a[i] as number, b[i] as number) ? 1 : 0
  return denseValue(type, data)
})

/** The numbers of a bool tensor. */
function maskOf(tensor: Tensor): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(tensor.dataSync<'bool'>())
}

const select: InterpretRule<'select'> = local((cx, _, operands, type) => {
  const mask = asDense(operandOf(operands, 0)).data
  const branches = [operandOf(operands, 1), operandOf(operands, 2)]
  return moveAll(cx, type.shape, branches, {
    loops: (to, [yes, no]) => {
      const whereTrue = need(yes, 'the value where true')
      const whereFalse = need(no, 'the value where false')
      for (let i = 0; i < to.length; i++) to[i] = (mask[i] === 0 ? whereFalse[i] : whereTrue[i]) as number
    },
    kernels: ([yes, no]) =>
      cx.tf.where(
        cx.tf.tensor(mask, [...type.shape], 'bool'),
        need(yes, 'the value where true'),
        need(no, 'the value where false'),
      ),
  })
})

function converted(cx: RuleContext, x: RuntimeValue, type: TensorType): RuntimeValue {
  if (x.dtype === type.dtype) return share(x)
  if (!isDense(type.dtype)) return x.kind === 'float' ? narrowed(cx, x, type) : toFloats(cx, x, type)
  const dtype = denseDType(type.dtype)
  const from: Numbers = numbersOf(x)
  const data = denseArray(dtype, from.length)
  if (dtype === 'pred') {
    for (let i = 0; i < data.length; i++) data[i] = from[i] === 0 ? 0 : 1
  } else if (x.kind === 'float') {
    const [low, high] = integerRange[dtype]
    for (let i = 0; i < data.length; i++) data[i] = Math.min(high, Math.max(low, from[i] as number))
  } else {
    data.set(from)
  }
  return denseValue(type, data)
}

function narrowed(cx: RuleContext, x: FloatValue, type: TensorType): FloatValue {
  return floatValue(cx, type, x.tensor.clone())
}

function toFloats(cx: RuleContext, x: DenseValue, type: TensorType): FloatValue {
  return hostFloats(cx, type, Float32Array.from(x.data))
}

/** f32, i32 and u32 of the same bits. */
function sameBits(cx: RuleContext, x: RuntimeValue, type: TensorType): RuntimeValue {
  const bits = new Uint32Array(numbersOf(x).slice().buffer)
  if (!isDense(type.dtype)) return hostFloats(cx, type, new Float32Array(bits.buffer))
  return denseValue(type, type.dtype === 'i32' ? new Int32Array(bits.buffer) : bits)
}

const finite: InterpretRule<'is_finite'> = local((cx, _, operands, type) => {
  const { tensor } = asFloat(operandOf(operands, 0))
  if (!cx.ownLoops) return denseValue(type, maskOf(cx.tf.isFinite(tensor)))
  const from = floatsOf(tensor)
  const data = new Uint8Array(elementCount(type.shape))
  for (let i = 0; i < data.length; i++) data[i] = Number.isFinite(from[i]) ? 1 : 0
  return denseValue(type, data)
})

const not: InterpretRule<'not'> = local((_cx, _op, operands, type) => {
  const x = asDense(operandOf(operands, 0))
  const flip = x.dtype === 'pred' ? (bit: number) => 1 - bit : (bits: number) => ~bits
  return denseValue(
    type,
    x.data.map((bits) => flip(bits)),
  )
})

export const elementwiseRules: { readonly [K in ElementwiseKind]: InterpretRule<K> } = {
  abs: unary((tf, x) => tf.abs(x), Math.abs),
  negate: unary(
    (tf, x) => tf.neg(x),
    (x) => -x,
  ),
  sign: unary(sign, Math.sign),
  floor: unary((tf, x) => tf.floor(x)),
  exponential: unary((tf, x) => tf.exp(x)),
  log: unary((tf, x) => tf.log(x)),
  sqrt: unary((tf, x) => tf.sqrt(x)),
  rsqrt: unary((tf, x) => tf.rsqrt(x)),
  tanh: unary((tf, x) => tf.tanh(x)),
  logistic: unary((tf, x) => tf.sigmoid(x)),
  sine: unary((tf, x) => tf.sin(x)),
  cosine: unary((tf, x) => tf.cos(x)),
  acos: unary((tf, x) => tf.acos(x)),
  erf: unary((tf, x) => tf.erf(x)),
  not,
  is_finite: finite,
  convert: local((cx, _, operands, type) => converted(cx, operandOf(operands, 0), type)),
  bitcast: local((cx, _, operands, type) => sameBits(cx, operandOf(operands, 0), type)),

  add: binary('add', (tf, x, y) => tf.add(x, y)),
  subtract: binary('subtract', (tf, x, y) => tf.sub(x, y)),
  multiply: binary('multiply', (tf, x, y) => tf.mul(x, y)),
  divide: binary('divide', (tf, x, y) => tf.div(x, y)),
  remainder: binary('remainder', truncatedRemainder),
  power: binary('power', (tf, x, y) => tf.pow(x, y)),
  maximum: binary('maximum', (tf, x, y) => tf.maximum(x, y)),
  minimum: binary('minimum', (tf, x, y) => tf.minimum(x, y)),
  and: binary('and'),
  or: binary('or'),
  xor: binary('xor'),
  shift_left: binary('shift_left'),
  shift_right_logical: binary('shift_right_logical'),
  compare,
  select,
}
