/** f32 numbers as whole numbers in the same order, so that each number that f32 has is one bin of a histogram. */

const bits = new Int32Array(1)
const value = new Float32Array(bits.buffer)

/** The ordinal of bits of an f32: neighbors differ by 1, and -0 comes before 0. */
export function ordinalOfBits(own: number): number {
  return own ^ ((own >> 31) & 0x7fffffff)
}

/** The ordinal of a number that f32 has. */
export function ordinalOf(number: number): number {
  value[0] = number
  return ordinalOfBits(bits[0] ?? 0)
}

/** The f32 number of an ordinal. */
export function numberOf(ordinal: number): number {
  bits[0] = ordinalOfBits(ordinal)
  return value[0] ?? 0
}
