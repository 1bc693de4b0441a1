/** Element types of tensors. `f64` exists only for reference checks (finite differences); experiments cannot declare it. */

export type DType = 'f64' | 'f32' | 'f16' | 'bf16' | 'i32' | 'u32' | 'u8' | 'i8' | 'pred'

/** Element types in which a network computes. */
export const precisions = ['f32', 'bf16', 'f16'] as const
export type Precision = (typeof precisions)[number]

/** Bytes of one element in memory. */
export const dtypeBytes: { readonly [D in DType]: number } = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i32: 4,
  u32: 4,
  u8: 1,
  i8: 1,
  pred: 1,
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'f64' || isPrecision(dtype)
}

export function isPrecision(dtype: DType): dtype is Precision {
  return dtype === 'f32' || dtype === 'f16' || dtype === 'bf16'
}

export function isInteger(dtype: DType): boolean {
  return dtype === 'i32' || dtype === 'u32' || dtype === 'u8' || dtype === 'i8'
}

/** A dense tensor's type; `shape` is the shape on one replica. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: readonly number[]
}

export function elementCount(shape: readonly number[]): number {
  let count = 1
  for (const dim of shape) count *= dim
  return count
}

export function byteSize(type: TensorType): number {
  return elementCount(type.shape) * dtypeBytes[type.dtype]
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** `f32[64,112,112,3]` */
export function showType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(',')}]`
}
