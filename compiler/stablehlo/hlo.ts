/**
 * StableHLO ops as functions that compute their result types: the vocabulary of the emit rules and the convolution formulations.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { type DType, elementCount, isFloat, sameShape, showType, type TensorType } from '../ir/dtype.ts'
import type { CompareDirection } from '../ir/op.ts'
import type { BinaryKind } from '../ir/op-family.ts'
import { type ComplexType, type Emitter, only, type Region, type Ssa } from './emitter.ts'
import { platformForms } from './platform-forms.ts'
import { boolArray, i64, i64Array, list, splat } from './spelling.ts'

export function unary(e: Emitter, name: string, x: Ssa): Ssa {
  return only(e.op(`stablehlo.${name}`, [x], [x.type]))
}

export function binary(e: Emitter, name: BinaryKind | 'atan2', a: Ssa, b: Ssa): Ssa {
  if (!sameShape(a.type.shape, b.type.shape)) bug(`${name} of ${showType(a.type)} and ${showType(b.type)}`)
  return only(e.op(`stablehlo.${name}`, [a, b], [a.type]))
}

export const add = (e: Emitter, a: Ssa, b: Ssa): Ssa => binary(e, 'add', a, b)
export const subtract = (e: Emitter, a: Ssa, b: Ssa): Ssa => binary(e, 'subtract', a, b)
export const multiply = (e: Emitter, a: Ssa, b: Ssa): Ssa => binary(e, 'multiply', a, b)

/** The sum of at least one value. */
export function sum(e: Emitter, values: readonly Ssa[]): Ssa {
  const [first, ...rest] = values
  if (first === undefined) bug('a sum without terms')
  return rest.reduce((total, value) => add(e, total, value), first)
}

/** The same number in every element. */
export function fill(e: Emitter, type: TensorType, value: number): Ssa {
  return only(e.op('stablehlo.constant', [], [type], { value: splat(type, value) }))
}

export function scalar(e: Emitter, dtype: DType, value: number): Ssa {
  return fill(e, { dtype, shape: [] }, value)
}

export function convert(e: Emitter, x: Ssa, dtype: DType): Ssa {
  if (x.type.dtype === dtype) return x
  return only(e.op('stablehlo.convert', [x], [{ dtype, shape: x.type.shape }]))
}

export function compare(e: Emitter, direction: CompareDirection, a: Ssa, b: Ssa): Ssa {
  const attributes = { comparison_direction: `#stablehlo<comparison_direction ${direction}>` }
  return only(e.op('stablehlo.compare', [a, b], [{ dtype: 'pred', shape: a.type.shape }], attributes))
}

/** Operand dim i becomes dim `dims[i]` of `shape`. */
export function broadcast(e: Emitter, x: Ssa, shape: readonly number[], dims: readonly number[]): Ssa {
  const type = { dtype: x.type.dtype, shape }
  return only(e.op('stablehlo.broadcast_in_dim', [x], [type], { broadcast_dimensions: i64Array(dims) }))
}

/** A vector along the last dim of `shape`. */
export function alongLast(e: Emitter, x: Ssa, shape: readonly number[]): Ssa {
  return broadcast(e, x, shape, [shape.length - 1])
}

export function reshape(e: Emitter, x: Ssa, shape: readonly number[]): Ssa {
  if (elementCount(shape) !== elementCount(x.type.shape)) bug(`${showType(x.type)} reshaped to [${shape.join(',')}]`)
  if (sameShape(shape, x.type.shape)) return x
  return only(e.op('stablehlo.reshape', [x], [{ dtype: x.type.dtype, shape }]))
}

export function transpose(e: Emitter, x: Ssa, permutation: readonly number[]): Ssa {
  const shape = permutation.map((dim) => x.type.shape[dim] ?? bug(`no dim ${dim} in ${showType(x.type)}`))
  const attributes = { permutation: i64Array(permutation) }
  return only(e.op('stablehlo.transpose', [x], [{ dtype: x.type.dtype, shape }], attributes))
}

export function reverse(e: Emitter, x: Ssa, dims: readonly number[]): Ssa {
  return only(e.op('stablehlo.reverse', [x], [x.type], { dimensions: i64Array(dims) }))
}

export function slice(
  e: Emitter,
  x: Ssa,
  start: readonly number[],
  limit: readonly number[],
  stride: readonly number[] = start.map(() => 1),
): Ssa {
  const shape = start.map((from, i) => Math.max(0, Math.ceil(((limit[i] ?? 0) - from) / (stride[i] ?? 1))))
  if (sameShape(shape, x.type.shape)) return x
  const attributes = { start_indices: i64Array(start), limit_indices: i64Array(limit), strides: i64Array(stride) }
  return only(e.op('stablehlo.slice', [x], [{ dtype: x.type.dtype, shape }], attributes))
}

/** Pads with zeros, or with the scalar `value`; negative edges crop, `interior` elements are inserted between neighbors. */
export function pad(
  e: Emitter,
  x: Ssa,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[] = low.map(() => 0),
  value: Ssa = scalar(e, x.type.dtype, 0),
): Ssa {
  const shape = x.type.shape.map(
    (dim, i) => dim + (low[i] ?? 0) + (high[i] ?? 0) + Math.max(0, dim - 1) * (interior[i] ?? 0),
  )
  if ([...low, ...high, ...interior].every((n) => n === 0)) return x
  const attributes = {
    edge_padding_low: i64Array(low),
    edge_padding_high: i64Array(high),
    interior_padding: i64Array(interior),
  }
  return only(e.op('stablehlo.pad', [x, value], [{ dtype: x.type.dtype, shape }], attributes))
}

export function concatenate(e: Emitter, parts: readonly Ssa[], dim: number): Ssa {
  const [first, ...rest] = parts
  if (first === undefined) bug('a concatenation without operands')
  if (rest.length === 0) return first
  const total = parts.reduce((n, part) => n + (part.type.shape[dim] ?? 0), 0)
  const shape = first.type.shape.with(dim, total)
  return only(e.op('stablehlo.concatenate', parts, [{ dtype: first.type.dtype, shape }], { dimension: i64(dim) }))
}

/** A region that combines two scalars. */
export function scalarRegion(e: Emitter, dtype: DType, name: BinaryKind): Region {
  const type = { dtype, shape: [] }
  return e.region([type, type], ([a, b]) => (a && b ? [binary(e, name, a, b)] : bug('two inputs expected')))
}

const lowest: { readonly [D in DType]: number } = {
  f64: -Infinity,
  f32: -Infinity,
  f16: -Infinity,
  bf16: -Infinity,
  i32: -(2 ** 31),
  u32: 0,
  u8: 0,
  i8: -128,
  pred: 0,
}

const highest: { readonly [D in DType]: number } = {
  f64: Infinity,
  f32: Infinity,
  f16: Infinity,
  bf16: Infinity,
  i32: 2 ** 31 - 1,
  u32: 2 ** 32 - 1,
  u8: 255,
  i8: 127,
  pred: 1,
}

/** The neutral element of each reduction. */
const neutral = {
  add: (_: DType) => 0,
  maximum: (dtype: DType) => lowest[dtype],
  minimum: (dtype: DType) => highest[dtype],
}

/** Reduces all elements along `dims`, which are removed. */
export function reduce(e: Emitter, name: keyof typeof neutral, x: Ssa, dims: readonly number[]): Ssa {
  if (dims.length === 0) return x
  const { dtype } = x.type
  const shape = x.type.shape.filter((_, i) => !dims.includes(i))
  const start = scalar(e, dtype, neutral[name](dtype))
  const region = scalarRegion(e, dtype, name)
  return only(e.op('stablehlo.reduce', [x, start], [{ dtype, shape }], { dimensions: i64Array(dims) }, [region]))
}

/**
 * The sums of two f32 tensors of the same shape along `dims`, as one sum of complex numbers. XLA fuses a reduction with a single
 * result into the kernel that writes its operand, and its operand into the reduction; it does neither for a reduction with two
 * results, or for two reductions.
 */
export function twoSums(e: Emitter, a: Ssa, b: Ssa, dims: readonly number[]): readonly [Ssa, Ssa] {
  const complex = (shape: readonly number[]): ComplexType => ({ dtype: 'c64', shape })
  const join = (real: Ssa, imaginary: Ssa) =>
    only(e.op('stablehlo.complex', [real, imaginary], [complex(real.type.shape)]))
  const zero = scalar(e, 'f32', 0)
  const region = e.region([complex([]), complex([])], (inputs) => e.op('stablehlo.add', inputs, [complex([])]))
  const shape = a.type.shape.filter((_, i) => !dims.includes(i))
  const operands = [join(a, b), join(zero, zero)]
  const sum = only(e.op('stablehlo.reduce', operands, [complex(shape)], { dimensions: i64Array(dims) }, [region]))
  const part = (name: string) => only(e.op(`stablehlo.${name}`, [sum], [{ dtype: 'f32', shape } as const]))
  return [part('real'), part('imag')]
}

export interface DotDims {
  readonly lhsBatch?: readonly number[]
  readonly rhsBatch?: readonly number[]
  readonly lhsContract: readonly number[]
  readonly rhsContract: readonly number[]
}

/**
 * A product of tensors. 16-bit floats accumulate in f32: with f32 operands on the CPU, which has no other kernels; with an f32
 * result elsewhere.
 */
export function dot(e: Emitter, a: Ssa, b: Ssa, dims: DotDims, dtype: DType = a.type.dtype): Ssa {
  const { lhsBatch = [], rhsBatch = [], lhsContract, rhsContract } = dims
  const half = a.type.dtype === 'f16' || a.type.dtype === 'bf16'
  const accumulate: DType = half ? 'f32' : isFloat(a.type.dtype) ? a.type.dtype : dtype
  const [left, right] =
    half && !platformForms[e.platform].multipliesHalves ? [convert(e, a, 'f32'), convert(e, b, 'f32')] : [a, b]
  const shape = [
    ...lhsBatch.map((dim) => a.type.shape[dim] ?? 0),
    ...a.type.shape.filter((_, i) => !lhsBatch.includes(i) && !lhsContract.includes(i)),
    ...b.type.shape.filter((_, i) => !rhsBatch.includes(i) && !rhsContract.includes(i)),
  ]
  const numbers = [
    ...(lhsBatch.length > 0
      ? [`lhs_batching_dimensions = ${list(lhsBatch)}`, `rhs_batching_dimensions = ${list(rhsBatch)}`]
      : []),
    `lhs_contracting_dimensions = ${list(lhsContract)}`,
    `rhs_contracting_dimensions = ${list(rhsContract)}`,
  ]
  const attributes = { dot_dimension_numbers: `#stablehlo.dot<${numbers.join(', ')}>` }
  const product = only(e.op('stablehlo.dot_general', [left, right], [{ dtype: accumulate, shape }], attributes))
  return convert(e, product, dtype)
}

export interface ConvolutionWindow {
  readonly stride?: readonly [number, number]
  readonly padding: readonly (readonly [number, number])[]
  readonly lhsDilation?: readonly [number, number]
  readonly rhsDilation?: readonly [number, number]
  readonly featureGroups?: number
  readonly batchGroups?: number
  /** The meaning of each dim: `b` batch, `f` feature, `i`, `o` filter features, `0`, `1` space. */
  readonly layout: { readonly lhs: string; readonly rhs: string; readonly out: string }
  readonly result: TensorType
}

const letters = (text: string): string => `[${[...text].join(', ')}]`

/** Passes values through unchanged; nothing is fused or moved across, and later ops wait for all of them. */
export function barrier(e: Emitter, values: readonly Ssa[]): readonly Ssa[] {
  return e.op(
    'stablehlo.optimization_barrier',
    values,
    values.map((v) => v.type),
  )
}

export function convolution(e: Emitter, lhs: Ssa, rhs: Ssa, window: ConvolutionWindow): Ssa {
  const { layout, stride = [1, 1], lhsDilation = [1, 1], rhsDilation = [1, 1] } = window
  const attributes = {
    batch_group_count: i64(window.batchGroups ?? 1),
    dimension_numbers: `#stablehlo.conv<${letters(layout.lhs)}x${letters(layout.rhs)}->${letters(layout.out)}>`,
    feature_group_count: i64(window.featureGroups ?? 1),
    lhs_dilation: i64Array(lhsDilation),
    padding: `dense<[${window.padding.map(list).join(', ')}]> : tensor<2x2xi64>`,
    rhs_dilation: i64Array(rhsDilation),
    window_reversal: boolArray([false, false]),
    window_strides: i64Array(stride),
  }
  return only(e.op('stablehlo.convolution', [lhs, rhs], [window.result], attributes))
}
