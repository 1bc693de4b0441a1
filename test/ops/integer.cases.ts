/** Cases of integer and bit arithmetic, and of conversions between dtypes. */
import type { DType } from '../../compiler/ir/dtype.ts'
import type { BinaryKind } from '../../compiler/ir/op-family.ts'
import { booleans, floats, given, type InputSpec, integers, type OpCase, opCase } from '../helpers/op-case.ts'

const allBits: { readonly [D in 'i32' | 'u32' | 'u8' | 'i8']: readonly [number, number] } = {
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  u8: [0, 255],
  i8: [-128, 127],
}

/** Uniform over the whole range of an integer dtype, so that sums and products wrap. */
function anyOf(dtype: keyof typeof allBits, shape: readonly number[]): InputSpec {
  return integers(shape, ...allBits[dtype], dtype)
}

const binary: readonly (readonly [BinaryKind, string, InputSpec, InputSpec])[] = [
  ...(['add', 'subtract', 'multiply'] as const).flatMap((kind) =>
    (['i32', 'u32', 'u8', 'i8'] as const).map(
      (dtype) => [kind, `${dtype} wraps`, anyOf(dtype, [3, 4]), anyOf(dtype, [3, 4])] as const,
    ),
  ),
  ...(['and', 'or', 'xor'] as const).flatMap((kind) => [
    [kind, 'u32', anyOf('u32', [7]), anyOf('u32', [7])] as const,
    [kind, 'i32', anyOf('i32', [7]), anyOf('i32', [7])] as const,
    [kind, 'pred', given('pred', [4], [0, 0, 1, 1]), given('pred', [4], [0, 1, 0, 1])] as const,
  ]),
  ['divide', 'i32 truncates toward zero', given('i32', [4], [7, -7, 7, -7]), given('i32', [4], [2, 2, -2, -2])],
  ['divide', 'u32 above 2^31', anyOf('u32', [6]), integers([6], 1, 9, 'u32')],
  [
    'remainder',
    'i32 has the sign of the dividend',
    given('i32', [4], [7, -7, 7, -7]),
    given('i32', [4], [4, 4, -4, -4]),
  ],
  ['remainder', 'u32 above 2^31', anyOf('u32', [6]), integers([6], 1, 1000, 'u32')],
  ['maximum', 'i32', anyOf('i32', [6]), anyOf('i32', [6])],
  ['minimum', 'u32', anyOf('u32', [6]), anyOf('u32', [6])],
  ['shift_left', 'u32', anyOf('u32', [6]), given('u32', [6], [0, 1, 7, 15, 30, 31])],
  ['shift_left', 'i32', anyOf('i32', [6]), given('i32', [6], [0, 1, 7, 15, 30, 31])],
  ['shift_left', 'u8', anyOf('u8', [4]), given('u8', [4], [0, 1, 5, 7])],
  ['shift_right_logical', 'u32', anyOf('u32', [6]), given('u32', [6], [0, 1, 7, 15, 30, 31])],
  ['shift_right_logical', 'i32, negative', given('i32', [3], [-1, -5, 9]), given('i32', [3], [1, 28, 2])],
  ['shift_right_logical', 'i8, negative', given('i8', [3], [-1, -128, 9]), given('i8', [3], [1, 7, 2])],
]

const binaryCases = binary.map(([kind, name, x, y]) =>
  opCase(kind, name, { inputs: { x, y }, build: (b, v) => b.add(kind, [v.x, v.y], {}) }),
)

const otherCases: readonly OpCase[] = [
  opCase('not', 'i32', { inputs: { x: anyOf('i32', [5]) }, build: (b, v) => b.add('not', [v.x], {}) }),
  opCase('not', 'u32', { inputs: { x: anyOf('u32', [5]) }, build: (b, v) => b.add('not', [v.x], {}) }),
  opCase('not', 'pred', { inputs: { x: booleans([5]) }, build: (b, v) => b.add('not', [v.x], {}) }),
  opCase('compare', 'u32 above 2^31', {
    inputs: { x: given('u32', [3], [2 ** 31, 5, 2 ** 32 - 1]), y: given('u32', [3], [5, 2 ** 31, 2 ** 32 - 1]) },
    build: (b, v) => b.add('compare', [v.x, v.y], { direction: 'LT' }),
  }),
  opCase('compare', 'i32 below zero', {
    inputs: { x: given('i32', [3], [-1, 5, 0]), y: given('i32', [3], [1, -5, 0]) },
    build: (b, v) => b.add('compare', [v.x, v.y], { direction: 'GE' }),
  }),
  opCase('compare', 'pred', {
    inputs: { x: given('pred', [4], [0, 0, 1, 1]), y: given('pred', [4], [0, 1, 0, 1]) },
    build: (b, v) => b.add('compare', [v.x, v.y], { direction: 'EQ' }),
  }),
  opCase('xor', 'a keyed hash: murmur finalizer', {
    inputs: { x: anyOf('u32', [16]) },
    build: (b, v) => {
      const number = (value: number) => b.add('constant', [], { dtype: 'u32', shape: [16], value })
      let h = v.x
      for (const [shift, factor] of [
        [16, 0x85ebca6b],
        [13, 0xc2b2ae35],
        [16, 1],
      ] as const) {
        h = b.add('xor', [h, b.add('shift_right_logical', [h, number(shift)], {})], {})
        h = b.add('multiply', [h, number(factor)], {})
      }
      return h
    },
  }),
]

const edges: readonly (readonly [DType, DType, readonly number[]])[] = [
  ['f32', 'i32', [1.9, -1.9, 0.5, 2147483520, -2147483648]],
  ['f32', 'u32', [1.9, 0.5, 4294967040]],
  ['f32', 'u8', [1.9, 0.5, 255]],
  ['f32', 'pred', [0, 0.25, -3]],
  ['f32', 'f16', [0.1, 65504, 1e-7, -3.3333]],
  ['f32', 'bf16', [0.1, 1e30, 1.00390625, 1.01171875]],
  ['f16', 'f32', [0.1, 65504, 6e-8]],
  ['bf16', 'f32', [0.1, 1e30, -2]],
  ['f16', 'bf16', [0.1, 1000.5, -2]],
  ['i32', 'f32', [2 ** 31 - 1, -5, 16777217]],
  ['i32', 'u32', [-1, 5, -(2 ** 31)]],
  ['u32', 'i32', [2 ** 32 - 1, 5, 2 ** 31]],
  ['i32', 'u8', [256, -1, 77]],
  ['i32', 'i8', [128, -129, 77]],
  ['u32', 'f32', [2 ** 32 - 1, 2 ** 31, 7]],
  ['u8', 'f32', [0, 127, 255]],
  ['u8', 'i32', [0, 127, 255]],
  ['i32', 'pred', [0, 256, -1]],
  ['pred', 'f32', [0, 1]],
  ['pred', 'i32', [0, 1]],
  ['pred', 'u32', [0, 1]],
]

const convertCases = [
  ...edges.map(([from, to, numbers]) =>
    opCase('convert', `${from} to ${to}`, {
      inputs: { x: given(from, [numbers.length], numbers) },
      build: (b, v) => b.add('convert', [v.x], { dtype: to }),
      tolerance: 0,
      differentiable: [],
    }),
  ),
  opCase('bitcast', 'f32 to u32', {
    inputs: { x: given('f32', [6], [0, -0, 1, -1.5, 3.2, 65504]) },
    build: (b, v) => b.add('bitcast', [v.x], { dtype: 'u32' }),
    differentiable: [],
  }),
  opCase('bitcast', 'u32 to f32', {
    inputs: { x: given('u32', [4], [0, 0x3f800000, 0xbfc00000, 0x477fe000]) },
    build: (b, v) => b.add('bitcast', [v.x], { dtype: 'f32' }),
  }),
  opCase('bitcast', 'i32 to u32 and back', {
    inputs: { x: anyOf('i32', [5]) },
    build: (b, v) => [
      b.add('bitcast', [v.x], { dtype: 'u32' }),
      b.add('bitcast', [b.add('bitcast', [v.x], { dtype: 'u32' })], { dtype: 'i32' }),
    ],
  }),
  opCase('convert', 'f32 to bf16 and back', {
    inputs: { x: floats([2, 3]) },
    build: (b, v) => b.add('convert', [b.add('convert', [v.x], { dtype: 'bf16' })], { dtype: 'f32' }),
    tolerance: 0,
  }),
]

export const integerCases: readonly OpCase[] = [...binaryCases, ...otherCases, ...convertCases]
