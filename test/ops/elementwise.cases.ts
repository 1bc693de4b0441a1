/** Cases of the elementwise ops on floats. */
import { bf16Bits, f16Bits } from '../../compiler/ir/half-float.ts'
import type { BinaryKind, UnaryKind } from '../../compiler/ir/op-family.ts'
import { floats, given, type InputSpec, integers, type OpCase, opCase } from '../helpers/op-case.ts'

type PlainUnary = Exclude<UnaryKind, 'convert' | 'bitcast' | 'not' | 'is_finite'>

/** Inputs by kind: inside the domain, and away from steps and kinks. */
const unary: readonly (readonly [PlainUnary, string, InputSpec])[] = [
  ['abs', 'both signs', floats([2, 3])],
  ['abs', 'i32, zero included', given('i32', [4], [-3, 0, 7, -(2 ** 31 - 1)])],
  ['negate', 'a matrix', floats([2, 3])],
  ['negate', 'a scalar', floats([])],
  ['negate', 'nothing', floats([0, 3])],
  ['negate', 'i8', given('i8', [3], [-127, 0, 5])],
  ['sign', 'both signs', floats([2, 3])],
  ['sign', 'zeros', given('f32', [3], [0, -2, 3])],
  ['sign', 'i32', given('i32', [3], [0, -2, 3])],
  ['floor', 'both signs', floats([2, 5], -3, 3)],
  ['floor', 'whole numbers stay', given('f32', [4], [-2, 0, 3, -0.5])],
  ['exponential', 'both signs', floats([2, 3], -3, 3)],
  ['exponential', 'bf16', floats([2, 3], -3, 3, 'bf16')],
  ['exponential', 'f16', floats([2, 3], -3, 3, 'f16')],
  ['log', 'above zero', floats([2, 3], 0.1, 4)],
  ['log', 'zero and below', given('f32', [3], [0, -1, 1])],
  ['sqrt', 'above zero', floats([2, 3], 0.1, 4)],
  ['rsqrt', 'above zero', floats([2, 3], 0.1, 4)],
  ['tanh', 'both signs', floats([2, 3], -2, 2)],
  ['logistic', 'both signs', floats([2, 3], -4, 4)],
  ['logistic', 'far out', given('f32', [3], [-90, 0, 90])],
  ['sine', 'several turns', floats([2, 3], -7, 7)],
  ['cosine', 'several turns', floats([2, 3], -7, 7)],
  ['acos', 'inside', floats([2, 5], -0.95, 0.95)],
  ['erf', 'both signs', floats([2, 9], -3, 3)],
  ['erf', 'near zero and far out', given('f32', [7], [-40, -4.2, -1e-6, 0, 1e-3, 3.95, 5])],
  ['erf', 'f16', floats([2, 3], -3, 3, 'f16')],
  ['acos', 'the ends', given('f32', [3], [-1, 0, 1])],
]

/** Cases with inputs at which no derivative is defined. */
const singular = new Set(['log zero and below', 'acos the ends', 'floor whole numbers stay', 'sign zeros'])

const unaryCases = unary.map(([kind, name, x]) =>
  opCase(kind, name, {
    inputs: { x },
    build: (b, v) => b.add(kind, [v.x], {}),
    ...(singular.has(`${kind} ${name}`) || name === 'nothing' ? { differentiable: [] } : {}),
  }),
)

const binary: readonly (readonly [BinaryKind, string, InputSpec, InputSpec])[] = [
  ['add', 'a matrix', floats([2, 3]), floats([2, 3])],
  ['add', 'bf16', floats([2, 3], -1, 1, 'bf16'), floats([2, 3], -1, 1, 'bf16')],
  ['add', 'f16', floats([2, 3], -1, 1, 'f16'), floats([2, 3], -1, 1, 'f16')],
  ['subtract', 'a matrix', floats([2, 3]), floats([2, 3])],
  ['multiply', 'a matrix', floats([2, 3]), floats([2, 3])],
  ['multiply', 'scalars', floats([]), floats([])],
  ['divide', 'both signs', floats([2, 3]), floats([2, 3], 0.5, 2)],
  ['divide', 'a negative divisor', floats([2, 3]), floats([2, 3], -2, -0.5)],
  [
    'remainder',
    'the sign of the dividend',
    given('f32', [4], [5.5, -5.5, 5.5, -5.5]),
    given('f32', [4], [2, 2, -2, -2]),
  ],
  ['remainder', 'several periods', floats([2, 4], 3.1, 3.9), floats([2, 4], 0.9, 1.01)],
  ['power', 'a positive base', floats([2, 3], 0.2, 2), floats([2, 3], -2, 2)],
  ['maximum', 'no ties', floats([2, 3]), floats([2, 3])],
  ['minimum', 'no ties', floats([2, 3]), floats([2, 3])],
]

const binaryCases = binary.map(([kind, name, x, y]) =>
  opCase(kind, name, {
    inputs: { x, y },
    build: (b, v) => b.add(kind, [v.x, v.y], {}),
    ...(name === 'several periods' ? { differentiable: ['x'] as const } : {}),
  }),
)

const choiceCases: readonly OpCase[] = [
  ...(['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'] as const).map((direction) =>
    opCase('compare', `${direction} of floats`, {
      inputs: { x: given('f32', [5], [1, 2, 3, Number.NaN, -0]), y: given('f32', [5], [2, 2, 1, 1, 0]) },
      build: (b, v) => b.add('compare', [v.x, v.y], { direction }),
      differentiable: [],
    }),
  ),
  opCase('is_finite', 'infinities and NaN', {
    inputs: { x: given('f32', [4], [1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) },
    build: (b, v) => b.add('is_finite', [v.x], {}),
    differentiable: [],
  }),
  opCase('is_finite', 'f16', {
    inputs: { x: given('f16', [3], [65504, 65520, 0]) },
    build: (b, v) => b.add('is_finite', [v.x], {}),
    differentiable: [],
  }),
  opCase('select', 'a matrix', {
    inputs: { p: integers([2, 3], 0, 1, 'pred'), x: floats([2, 3]), y: floats([2, 3]) },
    build: (b, v) => b.add('select', [v.p, v.x, v.y], {}),
  }),
  opCase('select', 'prelu of the same tensor', {
    inputs: { x: floats([3, 4]), slope: floats([3, 4], 0.1, 0.4) },
    build: (b, v) => {
      const zero = b.add('constant', [], { dtype: v.x.type.dtype, shape: [3, 4], value: 0 })
      const above = b.add('compare', [v.x, zero], { direction: 'GT' })
      return b.add('select', [above, v.x, b.add('multiply', [v.x, v.slope], {})], {})
    },
  }),
  opCase('select', 'i32', {
    inputs: { p: integers([5], 0, 1, 'pred'), x: integers([5], -9, 9), y: integers([5], -9, 9) },
    build: (b, v) => b.add('select', [v.p, v.x, v.y], {}),
  }),
]

const sourceCases: readonly OpCase[] = [
  opCase('input', 'passed through', { inputs: { x: floats([2, 3]) }, build: (_, v) => v.x }),
  opCase('input', 'passed through twice, in every dtype', {
    inputs: { x: floats([2], -1, 1, 'bf16'), y: integers([2], 0, 255, 'u8'), z: integers([2], 0, 1, 'pred') },
    build: (_, v) => [v.x, v.y, v.z, v.x],
    tolerance: 0,
    differentiable: [],
  }),
  opCase('constant', 'a number', {
    inputs: {},
    build: (b) => [
      b.add('constant', [], { dtype: 'f32', shape: [2, 3], value: 1.5 }),
      b.add('constant', [], { dtype: 'f32', shape: [], value: 0.1 }),
      b.add('constant', [], { dtype: 'i32', shape: [2], value: -7 }),
      b.add('constant', [], { dtype: 'u32', shape: [2], value: 4294967295 }),
      b.add('constant', [], { dtype: 'bf16', shape: [2], value: 0.1 }),
      b.add('constant', [], { dtype: 'f16', shape: [2], value: 0.1 }),
      b.add('constant', [], { dtype: 'pred', shape: [2], value: 1 }),
      b.add('constant', [], { dtype: 'f32', shape: [2], value: Number.POSITIVE_INFINITY }),
    ],
    tolerance: 0,
  }),
  opCase('constant', 'dense data', {
    inputs: {},
    build: (b) => [
      b.add('constant', [], { dtype: 'f32', shape: [3], value: Float32Array.of(1, -2.25, 1e-30) }),
      b.add('constant', [], { dtype: 'i32', shape: [2], value: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }),
      b.add('constant', [], { dtype: 'u32', shape: [2], value: Uint32Array.of(0, 2 ** 32 - 1) }),
      b.add('constant', [], { dtype: 'u8', shape: [2], value: Uint8Array.of(0, 255) }),
      b.add('constant', [], { dtype: 'i8', shape: [2], value: Int8Array.of(-128, 127) }),
      b.add('constant', [], { dtype: 'pred', shape: [2], value: Uint8Array.of(1, 0) }),
      b.add('constant', [], { dtype: 'f16', shape: [2], value: Uint16Array.of(f16Bits(1.5), f16Bits(-0.1)) }),
      b.add('constant', [], { dtype: 'bf16', shape: [2], value: Uint16Array.of(bf16Bits(1.5), bf16Bits(-0.1)) }),
      b.add('constant', [], { dtype: 'f32', shape: [0, 2], value: new Float32Array(0) }),
    ],
    tolerance: 0,
  }),
  opCase('iota', 'each dim', {
    inputs: {},
    build: (b) => [
      b.add('iota', [], { dtype: 'i32', shape: [2, 3], dim: 0 }),
      b.add('iota', [], { dtype: 'u32', shape: [2, 3], dim: 1 }),
      b.add('iota', [], { dtype: 'f32', shape: [4], dim: 0 }),
    ],
    tolerance: 0,
  }),
]

export const elementwiseCases: readonly OpCase[] = [...sourceCases, ...unaryCases, ...binaryCases, ...choiceCases]
