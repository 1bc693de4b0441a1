/**
 * Arrays of 16-bit floats: `f16` (IEEE 754 binary16) and `bf16` (the upper half of an f32), from and to f32. Rounds to the
 * nearest value, ties to even, like XLA; a NaN stays a NaN with the same sign and, if it fits, payload. Single numbers are
 * converted by `compiler/ir/half-float.ts`; this file works on bits only, for bulk conversion.
 */

const scratch = new Float32Array(1)
const scratchBits = new Uint32Array(scratch.buffer)

/** The bits of 0.5: the floats in [0.5, 1) are 2^-24 apart, like the f16 numbers below 2^-14. */
const halfBits = 0x3f000000

/** The bits of the f16 numbers nearest to `values`; infinite from 65520 on. */
export function f32ToF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const wide = bitsOf(values)
  const narrow = new Uint16Array(wide.length)
  for (let i = 0; i < wide.length; i++) narrow[i] = narrowToF16(wide[i] as number)
  return narrow
}

/** The numbers represented by f16 bits; exact. */
export function f16ToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length)
  const wide = new Uint32Array(values.buffer)
  for (let i = 0; i < bits.length; i++) wide[i] = widenF16(bits[i] as number)
  return values
}

/** The bits of the bf16 numbers nearest to `values`. */
export function f32ToBf16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const wide = bitsOf(values)
  const narrow = new Uint16Array(wide.length)
  for (let i = 0; i < wide.length; i++) narrow[i] = narrowToBf16(wide[i] as number)
  return narrow
}

/** The numbers represented by bf16 bits; exact. */
export function bf16ToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length)
  const wide = new Uint32Array(values.buffer)
  for (let i = 0; i < bits.length; i++) wide[i] = (bits[i] as number) << 16
  return values
}

/** `values`, each replaced by the nearest f16 number; a new array. */
export function roundToF16(values: Float32Array): Float32Array<ArrayBuffer> {
  const wide = bitsOf(values)
  const rounded = new Float32Array(values.length)
  const out = new Uint32Array(rounded.buffer)
  for (let i = 0; i < wide.length; i++) out[i] = widenF16(narrowToF16(wide[i] as number))
  return rounded
}

/** `values`, each replaced by the nearest bf16 number; a new array. */
export function roundToBf16(values: Float32Array): Float32Array<ArrayBuffer> {
  const wide = bitsOf(values)
  const rounded = new Float32Array(values.length)
  const out = new Uint32Array(rounded.buffer)
  for (let i = 0; i < wide.length; i++) out[i] = narrowToBf16(wide[i] as number) << 16
  return rounded
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

function narrowToF16(wide: number): number {
  const sign = (wide >>> 16) & 0x8000
  const size = wide & 0x7fffffff
  if (size > 0x7f800000) return sign | 0x7c00 | narrowPayload(wide, 13, 0x3ff)
  // 65520 is halfway between the largest f16 and the next power of two, which is even.
  if (size >= 0x477ff000) return sign | 0x7c00
  if (size < 0x38800000) {
    scratchBits[0] = size
    scratch[0] = (scratch[0] as number) + 0.5
    return sign | ((scratchBits[0] as number) - halfBits)
  }
  const rounded = size + 0xfff + ((size >>> 13) & 1)
  return sign | ((rounded - 0x38000000) >>> 13)
}

function widenF16(narrow: number): number {
  const sign = (narrow & 0x8000) << 16
  const fraction = narrow & 0x3ff
  const exponent = narrow & 0x7c00
  if (exponent === 0x7c00) return sign | 0x7f800000 | (fraction << 13)
  if (exponent !== 0) return sign | (((narrow & 0x7fff) << 13) + 0x38000000)
  scratchBits[0] = halfBits | fraction
  scratch[0] = (scratch[0] as number) - 0.5
  return sign | (scratchBits[0] as number)
}

function narrowToBf16(wide: number): number {
  if ((wide & 0x7fffffff) > 0x7f800000) return ((wide >>> 16) & 0xff80) | narrowPayload(wide, 16, 0x7f)
  return ((wide + 0x7fff + ((wide >>> 16) & 1)) >>> 16) & 0xffff
}

/** The upper bits of a NaN's payload, or the quiet bit if they are all zero: zero would mean infinity. */
function narrowPayload(wide: number, shift: number, mask: number): number {
  return (wide >>> shift) & mask || (mask + 1) >>> 1
}
