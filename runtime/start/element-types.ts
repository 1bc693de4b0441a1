/** Element types of tensors in files of other programs, and their numbers as f32. */
import { bf16ToF32, f16ToF32 } from '../half.ts'

/** Bytes of one element, by the name that messages use. */
export const elementBytes = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u64: 8,
  u32: 4,
  u16: 2,
  u8: 1,
  bool: 1,
  f8: 1,
  complex64: 8,
  complex128: 16,
} as const

export type ElementType = keyof typeof elementBytes

/** The types that weights can have. */
const floats = ['f64', 'f32', 'f16', 'bf16'] as const
export type FloatType = (typeof floats)[number]

export function isFloatType(type: ElementType): type is FloatType {
  return floats.some((float) => float === type)
}

/** The numbers of little-endian bytes that begin at the start of their buffer; f64 is rounded to the nearest f32. */
export function toF32(type: FloatType, { buffer }: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  switch (type) {
    case 'f32':
      return new Float32Array(buffer)
    case 'f64':
      return Float32Array.from(new Float64Array(buffer))
    case 'f16':
      return f16ToF32(new Uint16Array(buffer))
    case 'bf16':
      return bf16ToF32(new Uint16Array(buffer))
  }
}
