/** Creates tensors in host memory. */
import { type DType, elementCount, type TensorType } from '../compiler/ir/dtype.ts'
import type { HostArray } from './engine.ts'

const arrayOf: { readonly [D in DType]: (length: number) => HostArray } = {
  f64: (n) => new Float64Array(n),
  f32: (n) => new Float32Array(n),
  f16: (n) => new Uint16Array(n),
  bf16: (n) => new Uint16Array(n),
  i32: (n) => new Int32Array(n),
  u32: (n) => new Uint32Array(n),
  u8: (n) => new Uint8Array(n),
  i8: (n) => new Int8Array(n),
  pred: (n) => new Uint8Array(n),
}

/** Zeros for a tensor of this type, in the element type's own array. */
export function newHostArray(type: TensorType): HostArray {
  return arrayOf[type.dtype](elementCount(type.shape))
}
