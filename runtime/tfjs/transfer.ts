/** Converts between host tensors and the interpreter's values. */
import { elementCount, showType } from '../../compiler/ir/dtype.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../engine.ts'
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from '../half.ts'
import { denseValue, type RuleContext, type RuntimeValue, tensorOf } from './value.ts'

/** Copies a host tensor. `upload` has already rejected f64. */
export function fromHost(cx: RuleContext, host: HostTensor): RuntimeValue {
  const { dtype, shape, data } = host
  if (data.length !== elementCount(shape)) bug(`${data.length} elements for ${showType(host)}`)
  switch (dtype) {
    case 'f32':
      return { kind: 'float', dtype, shape, tensor: tensorOf(cx.tf, Float32Array.from(data), shape) }
    case 'f16':
      return { kind: 'float', dtype, shape, tensor: tensorOf(cx.tf, f16ToF32(Uint16Array.from(data)), shape) }
    case 'bf16':
      return { kind: 'float', dtype, shape, tensor: tensorOf(cx.tf, bf16ToF32(Uint16Array.from(data)), shape) }
    case 'i32':
      return denseValue(host, Int32Array.from(data))
    case 'u32':
      return denseValue(host, Uint32Array.from(data))
    case 'i8':
      return denseValue(host, Int8Array.from(data))
    case 'u8':
    case 'pred':
      return denseValue(host, Uint8Array.from(data))
    case 'f64':
      return bug('f64 reached the interpreter')
  }
}

/** Copies a value to host memory. */
export async function toHost(value: RuntimeValue): Promise<HostTensor> {
  const { dtype, shape } = value
  if (value.kind === 'dense') return { dtype, shape, data: value.data.slice() }
  const floats = await value.tensor.data<'float32'>()
  if (dtype === 'f16') return { dtype, shape, data: f32ToF16(floats) }
  if (dtype === 'bf16') return { dtype, shape, data: f32ToBf16(floats) }
  return { dtype, shape, data: floats.slice() }
}
