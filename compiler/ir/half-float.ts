/**
 * 16-bit floats and their bits: `f16` (IEEE 754 binary16: 5 exponent bits, 10 fraction bits) and `bf16` (the upper half of an
 * f32). Numbers are rounded to the nearest value, ties to even, as XLA does.
 */

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The bf16 nearest to `value`, as its bits. */
export function bf16Bits(value: number): number {
  float[0] = value
  const wide = bits[0] ?? 0
  if (Number.isNaN(value)) return (wide >>> 16) | 0x40
  return ((wide + 0x7fff + ((wide >>> 16) & 1)) >>> 16) & 0xffff
}

/** The number that a bf16 represents. */
export function bf16Value(half: number): number {
  bits[0] = half << 16
  return float[0] ?? 0
}

/** The f16 nearest to `value`, as its bits; infinite beyond 65504 (and its rounding). */
export function f16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size >= 65520) return sign | 0x7c00
  // Below the smallest normal number the step size stays 2^-24.
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size))
  const scaled = roundHalfEven(size * 2 ** (10 - exponent))
  // `scaled` counts steps of 2^(exponent - 10): its 1024s carry into the exponent field when rounding up reaches the next power.
  return sign | (scaled + ((exponent + 14) << 10))
}

/** The number that an f16 represents. */
export function f16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}
