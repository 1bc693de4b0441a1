import { expect, test } from 'vitest'
import { bf16Bits, bf16Value, f16Bits, f16Value } from '../../compiler/ir/half-float.ts'
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16, roundToBf16, roundToF16 } from '../../runtime/half.ts'

const allBits = Uint16Array.from({ length: 65536 }, (_, i) => i)

/** Every f32 exponent and sign, with fractions at, just below and just above the rounding borders of both types. */
const probes = (() => {
  const bits: number[] = []
  for (let exponent = 0; exponent < 512; exponent++) {
    for (const at of [0, 0x800, 0x1000, 0x2000, 0x3000, 0x5000, 0x8000, 0x18000, 0x7fe000, 0x7ff000, 0x7f8000]) {
      for (const step of [-1, 0, 1]) bits.push((((exponent << 23) >>> 0) | ((at + step) & 0x7fffff)) >>> 0)
    }
  }
  return new Float32Array(Uint32Array.from(bits).buffer)
})()

test('every f16 pattern, NaNs included, survives the way to f32 and back', () => {
  expect(f32ToF16(f16ToF32(allBits))).toEqual(allBits)
})

test('every bf16 pattern, NaNs included, survives the way to f32 and back', () => {
  expect(f32ToBf16(bf16ToF32(allBits))).toEqual(allBits)
})

test('every pattern stands for the number that the scalar conversion says', () => {
  expect(f16ToF32(allBits)).toEqual(Float32Array.from(allBits, f16Value))
  expect(bf16ToF32(allBits)).toEqual(Float32Array.from(allBits, bf16Value))
})

test('numbers at and around every rounding border narrow as the scalar conversion does', () => {
  const numbers = probes.filter((value) => !Number.isNaN(value))
  expect(numbers.length).toBeGreaterThan(16000)
  expect(f32ToF16(numbers)).toEqual(Uint16Array.from(numbers, f16Bits))
  expect(f32ToBf16(numbers)).toEqual(Uint16Array.from(numbers, bf16Bits))
})

test('ties go to the even neighbour, and overflow to infinity', () => {
  const ulp = 2 ** -10
  const values = Float32Array.of(1 + ulp / 2, 1 + 1.5 * ulp, 65519, 65520, -65520, 2 ** -25, 3 * 2 ** -25, -(2 ** -26))
  expect([...roundToF16(values)]).toEqual([1, 1 + 2 * ulp, 65504, Infinity, -Infinity, 0, 2 ** -23, -0])
  expect([...roundToBf16(Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4028235e38))]).toEqual([
    1,
    1 + 2 ** -6,
    Infinity,
  ])
})

test('a NaN whose payload does not fit stays a NaN', () => {
  const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer)
  expect([...f32ToF16(nan)]).toEqual([0x7e00, 0xfe00])
  expect([...f32ToBf16(nan)]).toEqual([0x7fc0, 0xffc0])
})

test('rounding reads the part of a buffer that its view covers', () => {
  const part = Float32Array.of(9, 1 / 3, 9).subarray(1, 2)
  expect([...roundToF16(part)]).toEqual([f16Value(f16Bits(1 / 3))])
  expect([...roundToBf16(part)]).toEqual([bf16Value(bf16Bits(1 / 3))])
})
