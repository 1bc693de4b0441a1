/** The spelling of types, numbers and strings. */
import { describe, expect, it } from 'vitest'
import {
  denseData,
  element,
  i64Array,
  i64Matrix,
  quoted,
  splat,
  tensorType,
} from '../../../compiler/stablehlo/spelling.ts'

describe('spelling', () => {
  it('types', () => {
    expect(tensorType({ dtype: 'f32', shape: [] })).toBe('tensor<f32>')
    expect(tensorType({ dtype: 'u8', shape: [64, 112, 3] })).toBe('tensor<64x112x3xui8>')
    expect(tensorType({ dtype: 'pred', shape: [2] })).toBe('tensor<2xi1>')
  })

  it.each([
    ['f32', 1, '0x3F800000'],
    ['f32', -0, '0x80000000'],
    ['f32', 0.1, '0x3DCCCCCD'],
    ['f32', -Infinity, '0xFF800000'],
    ['f64', 0.1, '0x3FB999999999999A'],
    ['f16', 1, '0x3C00'],
    ['bf16', 1, '0x3F80'],
    ['i32', -7, '-7'],
    ['u32', 2 ** 32 - 1, '4294967295'],
    ['pred', 1, 'true'],
  ] as const)('%s %s is %s', (dtype, value, text) => {
    expect(element(dtype, value)).toBe(text)
  })

  it('constants', () => {
    expect(splat({ dtype: 'i32', shape: [2] }, 3)).toBe('dense<3> : tensor<2xi32>')
    expect(denseData({ dtype: 'f32', shape: [2] }, Float32Array.of(1, -2))).toBe(
      'dense<"0x0000803F000000C0"> : tensor<2xf32>',
    )
    expect(denseData({ dtype: 'pred', shape: [2, 2] }, Uint8Array.of(1, 0, 0, 1))).toBe(
      'dense<[[true, false], [false, true]]> : tensor<2x2xi1>',
    )
    expect(denseData({ dtype: 'f32', shape: [0] }, new Float32Array(0))).toBe('dense<> : tensor<0xf32>')
  })

  it('lists and strings', () => {
    expect(i64Array([])).toBe('array<i64>')
    expect(i64Array([1, 0])).toBe('array<i64: 1, 0>')
    expect(i64Matrix([[0, 1, 2]])).toBe('dense<[[0, 1, 2]]> : tensor<1x3xi64>')
    expect(quoted('a "b"\\ü')).toBe('"a \\22b\\22\\5C\\C3\\BC"')
  })
})
