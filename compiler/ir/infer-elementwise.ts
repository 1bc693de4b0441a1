/** Shape rules for sources and elementwise ops. */
import { type DType, elementCount, isFloat, isInteger, type TensorType } from './dtype.ts'
import {
  expect,
  expectCount,
  expectDims,
  expectFloat,
  expectNumber,
  expectSame,
  expectShape,
  expectType,
  type InferOp,
  type InferRule,
  isNumber,
  only,
  operand,
} from './infer-rule.ts'
import type { OpKind } from './op.ts'
import type { BinaryKind, ElementwiseKind, FloatUnaryKind, SourceKind } from './op-family.ts'

/** The typed array that holds each dtype's constants. */
const constantArray: { readonly [D in DType]: new (length: number) => ArrayBufferView } = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  i8: Int8Array,
  pred: Uint8Array,
}

const inferConstant: InferRule<'constant'> = (op) => {
  const { dtype, shape, value } = op.params
  expectCount(op, 0)
  expectShape(op, shape)
  if (typeof value === 'number') {
    expect(isFloat(dtype) || Number.isInteger(value), op, `a whole number for ${dtype} where ${value} is`)
  } else {
    expect(value instanceof constantArray[dtype], op, `the data of ${dtype} in its own typed array`)
    expect(value.length === elementCount(shape), op, `${elementCount(shape)} elements where ${value.length} are`)
  }
  return [{ dtype, shape }]
}

export const inferSources: { readonly [K in SourceKind]: InferRule<K> } = {
  input: (op) => {
    expectCount(op, 0)
    expectShape(op, op.params.shape)
    return [{ dtype: op.params.dtype, shape: op.params.shape }]
  },
  constant: inferConstant,
  iota: (op) => {
    const { dtype, shape, dim } = op.params
    expectCount(op, 0)
    expectShape(op, shape)
    expectDims(op, [dim], shape.length)
    expect(isNumber(dtype), op, `a number where ${dtype} is`)
    return [{ dtype, shape }]
  },
  replica_id: (op) => {
    expectCount(op, 0)
    return [{ dtype: 'u32', shape: [] }]
  },
}

function floatUnary<K extends FloatUnaryKind>(op: InferOp<K>): TensorType[] {
  const x = only(op)
  expectFloat(op, x)
  return [x]
}

function signedUnary<K extends OpKind>(op: InferOp<K>): TensorType[] {
  const x = only(op)
  expect(isFloat(x.dtype) || x.dtype === 'i32' || x.dtype === 'i8', op, `a signed number where ${x.dtype} is`)
  return [x]
}

/** Two operands of the same type, whose dtype satisfies `fits`. */
function binary<K extends BinaryKind>(fits: (dtype: DType) => boolean, wanted: string): InferRule<K> {
  return (op) => {
    expectCount(op, 2)
    const x = operand(op, 0)
    expectSame(op, operand(op, 1), x)
    expect(fits(x.dtype), op, `${wanted} where ${x.dtype} is`)
    return [x]
  }
}

const isBits = (dtype: DType) => isInteger(dtype) || dtype === 'pred'

export const inferElementwise: { readonly [K in ElementwiseKind]: InferRule<K> } = {
  abs: signedUnary,
  negate: (op) => {
    const x = only(op)
    expectNumber(op, x)
    return [x]
  },
  sign: signedUnary,
  floor: floatUnary,
  exponential: floatUnary,
  log: floatUnary,
  sqrt: floatUnary,
  rsqrt: floatUnary,
  tanh: floatUnary,
  logistic: floatUnary,
  sine: floatUnary,
  cosine: floatUnary,
  acos: floatUnary,
  erf: floatUnary,
  not: (op) => {
    const x = only(op)
    expect(isBits(x.dtype), op, `an integer or pred where ${x.dtype} is`)
    return [x]
  },
  is_finite: (op) => {
    const x = only(op)
    expectFloat(op, x)
    return [{ dtype: 'pred', shape: x.shape }]
  },
  convert: (op) => [{ dtype: op.params.dtype, shape: only(op).shape }],
  bitcast: (op) => {
    const x = only(op)
    for (const dtype of [x.dtype, op.params.dtype]) {
      expect(dtype === 'f32' || dtype === 'i32' || dtype === 'u32', op, `a type of 32 bits where ${dtype} is`)
    }
    return [{ dtype: op.params.dtype, shape: x.shape }]
  },

  add: binary(isNumber, 'numbers'),
  subtract: binary(isNumber, 'numbers'),
  multiply: binary(isNumber, 'numbers'),
  divide: binary(isNumber, 'numbers'),
  remainder: binary(isNumber, 'numbers'),
  power: binary(isFloat, 'floats'),
  maximum: binary(isNumber, 'numbers'),
  minimum: binary(isNumber, 'numbers'),
  and: binary(isBits, 'integers or pred'),
  or: binary(isBits, 'integers or pred'),
  xor: binary(isBits, 'integers or pred'),
  shift_left: binary(isInteger, 'integers'),
  shift_right_logical: binary(isInteger, 'integers'),

  compare: (op) => {
    expectCount(op, 2)
    const x = operand(op, 0)
    expectSame(op, operand(op, 1), x)
    return [{ dtype: 'pred', shape: x.shape }]
  },
  select: (op) => {
    expectCount(op, 3)
    const x = operand(op, 1)
    expectSame(op, operand(op, 2), x)
    expectType(op, operand(op, 0), 'pred', x.shape)
    return [x]
  },
}
