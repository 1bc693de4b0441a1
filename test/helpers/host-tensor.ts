/** Converts host tensors from and to plain numbers, with which tests compute. */

import type { DType, TensorType } from '../../compiler/ir/dtype.ts'
import { bf16Bits, bf16Value, f16Bits, f16Value } from '../../compiler/ir/half-float.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { HostArray, HostTensor } from '../../runtime/engine.ts'

const encoders: { readonly [D in DType]: (numbers: readonly number[]) => HostArray } = {
  f64: (n) => Float64Array.from(n),
  f32: (n) => Float32Array.from(n),
  f16: (n) => Uint16Array.from(n, f16Bits),
  bf16: (n) => Uint16Array.from(n, bf16Bits),
  i32: (n) => Int32Array.from(n),
  u32: (n) => Uint32Array.from(n),
  u8: (n) => Uint8Array.from(n),
  i8: (n) => Int8Array.from(n),
  pred: (n) => Uint8Array.from(n),
}

/** Numbers as a host tensor; each is rounded to the nearest value of `dtype`. */
export function hostTensor({ dtype, shape }: TensorType, numbers: readonly number[]): HostTensor {
  return { dtype, shape, data: encoders[dtype](numbers) }
}

/** The numbers of a dense array of `dtype`: `f16` and `bf16` come as bits. */
export function decode(dtype: DType, data: ArrayLike<number>): number[] {
  if (dtype === 'f16') return Array.from(data, f16Value)
  if (dtype === 'bf16') return Array.from(data, bf16Value)
  return Array.from(data)
}

export function numbersOf(tensor: HostTensor): number[] {
  return decode(tensor.dtype, tensor.data)
}

/**
 * The largest difference of two tensors, or `undefined` if every element is within `tolerance` · max(1, |wanted|). NaN equals NaN,
 * infinities equal themselves.
 */
export function difference(actual: HostTensor, wanted: HostTensor, tolerance: number): string | undefined {
  const typeOf = (t: HostTensor) => `${t.dtype}[${t.shape.join(',')}]`
  if (typeOf(actual) !== typeOf(wanted)) return `${typeOf(actual)} where ${typeOf(wanted)} is wanted`
  const got = numbersOf(actual)
  const want = numbersOf(wanted)
  if (got.length !== want.length) bug(`${got.length} elements where ${want.length} are wanted`)
  let worst = 0
  let text: string | undefined
  want.forEach((w, i) => {
    const a = got[i] ?? Number.NaN
    if (Object.is(a, w) || a === w) return
    const error = Math.abs(a - w) / Math.max(1, Math.abs(w))
    if (error <= tolerance) return
    if (text !== undefined && !(error > worst)) return
    worst = error
    text = `element ${i} of ${typeOf(wanted)}: ${a} where ${w} is wanted (error ${error}, tolerance ${tolerance})`
  })
  return text
}
