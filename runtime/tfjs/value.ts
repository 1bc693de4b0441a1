/**
 * The interpreter's values. TensorFlow.js only has float32, int32 and bool, so floats are its tensors (f16 and bf16 as f32
 * numbers that are rounded after each op), while integers and `pred` are typed arrays with the required wrapping. Values are
 * immutable, so they may share memory.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  type DType,
  elementCount,
  isFloat,
  isPrecision,
  type Precision,
  sameShape,
  showType,
  type TensorType,
} from '../../compiler/ir/dtype.ts'
import type { Op } from '../../compiler/ir/graph.ts'
import { bug } from '../../grammar/diagnostic.ts'
import { roundToBf16, roundToF16 } from '../half.ts'
import type { Tf } from './backend.ts'

type FloatDType = Precision
export type DenseDType = 'i32' | 'u32' | 'u8' | 'i8' | 'pred'
export type DenseArray =
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>

export interface FloatValue {
  readonly kind: 'float'
  readonly dtype: FloatDType
  readonly shape: readonly number[]
  readonly tensor: Tensor
}

export interface DenseValue {
  readonly kind: 'dense'
  readonly dtype: DenseDType
  readonly shape: readonly number[]
  /** Row-major; `pred` as 0 and 1 in a Uint8Array. */
  readonly data: DenseArray
}

export type RuntimeValue = FloatValue | DenseValue

/** The context of the rules. */
export interface RuleContext {
  readonly tf: Tf
  /**
   * Moves floats with our own loops over the Float32Arrays in which the JavaScript backend stores its tensors: they are 10 to 200
   * times faster than that backend's slice, pad, transpose, tile and reverse, which compute an index array per element. Disabled
   * for backends that store tensors elsewhere.
   */
  readonly ownLoops: boolean
  /** Called with every value that an op returns. */
  readonly observe?: (op: Op, replica: number, value: RuntimeValue) => void
}

const denseArrays: { readonly [D in DenseDType]: new (length: number) => DenseArray } = {
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  i8: Int8Array,
  pred: Uint8Array,
}

export function isDense(dtype: DType): dtype is DenseDType {
  return !isFloat(dtype)
}

/** A zeroed array for `length` elements of `dtype`. */
export function denseArray(dtype: DenseDType, length: number): DenseArray {
  return new denseArrays[dtype](length)
}

export function floatDType(dtype: DType): FloatDType {
  if (isPrecision(dtype)) return dtype
  return bug(`${dtype} where a float of at most 32 bits is expected`)
}

export function denseDType(dtype: DType): DenseDType {
  return isDense(dtype) ? dtype : bug(`${dtype} where an integer or pred is expected`)
}

export function asFloat(value: RuntimeValue): FloatValue {
  return value.kind === 'float' ? value : bug(`${showType(value)} where a float is expected`)
}

export function asDense(value: RuntimeValue): DenseValue {
  return value.kind === 'dense' ? value : bug(`${showType(value)} where an integer or pred is expected`)
}

/** The one number of an i32[]. */
export function scalarOf(value: RuntimeValue): number {
  return asDense(value).data[0] ?? bug('a scalar without an element')
}

export function denseValue({ dtype, shape }: TensorType, data: DenseArray): DenseValue {
  return { kind: 'dense', dtype: denseDType(dtype), shape, data }
}

/** A float of `type` from the numbers that a rule computed: reshapes them and rounds them to its dtype. */
export function floatValue(cx: RuleContext, { dtype, shape }: TensorType, computed: Tensor): FloatValue {
  const shaped = sameShape(computed.shape, shape) ? computed : cx.tf.reshape(computed, [...shape])
  const narrow = floatDType(dtype)
  if (narrow === 'f32') return { kind: 'float', dtype: narrow, shape, tensor: shaped }
  const round = narrow === 'f16' ? roundToF16 : roundToBf16
  return { kind: 'float', dtype: narrow, shape, tensor: tensorOf(cx.tf, round(floatsOf(shaped)), shape) }
}

/** A float of `type` from numbers in host memory, which must not be changed afterwards. */
export function hostFloats(cx: RuleContext, type: TensorType, data: Float32Array<ArrayBuffer>): FloatValue {
  return floatValue(cx, type, tensorOf(cx.tf, data, type.shape))
}

export function tensorOf(tf: Tf, data: Float32Array, shape: readonly number[]): Tensor {
  return tf.tensor(data, [...shape], 'float32')
}

/** A tensor's numbers in host memory, read-only: on the JavaScript backend they are the tensor's own. */
export function floatsOf(tensor: Tensor): Float32Array {
  return tensor.dataSync<'float32'>()
}

/** The numbers of any value in host memory, read-only. */
export function numbersOf(value: RuntimeValue): Float32Array | DenseArray {
  return value.kind === 'float' ? floatsOf(value.tensor) : value.data
}

export function zeros(cx: RuleContext, type: TensorType): RuntimeValue {
  const count = elementCount(type.shape)
  return isDense(type.dtype)
    ? denseValue(type, denseArray(type.dtype, count))
    : hostFloats(cx, type, new Float32Array(count))
}

/** The same value with a second owner: each is released separately. */
export function share<V extends RuntimeValue>(value: V): V {
  return value.kind === 'float' ? { ...value, tensor: value.tensor.clone() } : value
}

export function release(value: RuntimeValue): void {
  if (value.kind === 'float') value.tensor.dispose()
}
