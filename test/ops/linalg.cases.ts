/** Cases of the reductions, of matrix products and of batch normalization. */
import type { OpParams } from '../../compiler/ir/op.ts'
import { floats, given, type InputSpec, integers, type OpCase, opCase } from '../helpers/op-case.ts'

const reductions = (['reduce_sum', 'reduce_max', 'reduce_min'] as const).flatMap((kind) =>
  (
    [
      ['the last dim', floats([3, 4]), [1]],
      ['the first dim', floats([3, 4]), [0]],
      ['all dims', floats([2, 3, 2]), [0, 1, 2]],
      ['outer dims', floats([2, 3, 4, 2]), [0, 1, 2]],
      ['a middle dim', floats([2, 3, 4]), [1]],
      ['no dim', floats([2, 3]), []],
      ['dims out of order', floats([2, 3, 2]), [2, 0]],
      ['i32', integers([3, 4], -9, 9), [1]],
      ['u32', integers([5], 0, 2 ** 20, 'u32'), [0]],
    ] as const
  ).map(([name, x, dims]) => opCase(kind, name, { inputs: { x }, build: (b, v) => b.add(kind, [v.x], { dims }) })),
)

const reduceCases: readonly OpCase[] = [
  ...reductions,
  opCase('reduce_sum', 'over nothing', {
    inputs: { x: floats([2, 0]) },
    build: (b, v) => b.add('reduce_sum', [v.x], { dims: [1] }),
    differentiable: [],
  }),
  opCase('reduce_sum', 'bf16', {
    inputs: { x: floats([4, 4], 0, 1, 'bf16') },
    build: (b, v) => b.add('reduce_sum', [v.x], { dims: [1] }),
  }),
  opCase('reduce_max', 'ties', {
    inputs: { x: given('f32', [2, 3], [1, 1, 0, -2, -2, -2]) },
    build: (b, v) => b.add('reduce_max', [v.x], { dims: [1] }),
    differentiable: [],
  }),
]

const f32 = 'f32' as const
const plain = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0], dtype: f32 }

const dots: readonly (readonly [string, InputSpec, InputSpec, OpParams['dot_general']])[] = [
  ['matrices', floats([2, 3]), floats([3, 4]), plain],
  ['the right transposed', floats([2, 3]), floats([4, 3]), { ...plain, rhsContract: [1] }],
  ['the left transposed', floats([3, 2]), floats([3, 4]), { ...plain, lhsContract: [0] }],
  ['both transposed', floats([3, 2]), floats([4, 3]), { ...plain, lhsContract: [0], rhsContract: [1] }],
  ['matrix and vector', floats([2, 3]), floats([3]), plain],
  ['vectors', floats([3]), floats([3]), { ...plain, lhsContract: [0] }],
  ['outer product', floats([2]), floats([3]), { ...plain, lhsContract: [], rhsContract: [] }],
  [
    'a batch',
    floats([2, 3, 4]),
    floats([2, 4, 2]),
    { ...plain, lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [1] },
  ],
  [
    'batch dims elsewhere',
    floats([3, 2, 4]),
    floats([4, 5, 2]),
    { ...plain, lhsBatch: [1], rhsBatch: [2], lhsContract: [2], rhsContract: [0] },
  ],
  [
    'two batch dims, out of order',
    floats([2, 3, 4]),
    floats([3, 2, 4]),
    { ...plain, lhsBatch: [1, 0], rhsBatch: [0, 1], lhsContract: [2], rhsContract: [2] },
  ],
  ['two contracted dims', floats([2, 3, 4]), floats([4, 5, 3]), { ...plain, lhsContract: [1, 2], rhsContract: [2, 0] }],
  ['two free dims a side', floats([2, 4, 3]), floats([3, 2, 2]), { ...plain, lhsContract: [2] }],
  ['bf16 into f32', floats([2, 3], -1, 1, 'bf16'), floats([3, 4], -1, 1, 'bf16'), plain],
  ['bf16', floats([2, 3], -1, 1, 'bf16'), floats([3, 4], -1, 1, 'bf16'), { ...plain, dtype: 'bf16' }],
  ['f16 into f32', floats([2, 3], -1, 1, 'f16'), floats([3, 4], -1, 1, 'f16'), plain],
  ['i32', integers([2, 3], -9, 9), integers([3, 2], -9, 9), { ...plain, dtype: 'i32' }],
]

/** Products of 16-bit floats may be summed in any order and precision of at least f32. */
const dotCases = dots.map(([name, x, y, params]) =>
  opCase('dot_general', name, { inputs: { x, y }, build: (b, v) => b.add('dot_general', [v.x, v.y], params) }),
)

const epsilon = 1e-3

const batchNormCases: readonly OpCase[] = (
  [
    ['images', [2, 3, 2, 4], 'f32'],
    ['features', [5, 3], 'f32'],
    ['bf16 images', [2, 2, 2, 3], 'bf16'],
    ['f16 features', [6, 2], 'f16'],
  ] as const
).flatMap(([name, shape, dtype]) => {
  const channels = [shape.at(-1) ?? 0]
  const x = floats(shape, -1, 3, dtype)
  return [
    opCase('batch_norm_training', name, {
      inputs: { x, scale: floats(channels, 0.5, 2), offset: floats(channels), near: floats(channels, 0.5, 1.5) },
      build: (b, v) => b.addAll('batch_norm_training', [v.x, v.scale, v.offset, v.near], { epsilon }),
      ...(dtype === 'f32' ? { tolerance: 1e-4 } : {}),
    }),
    opCase('batch_norm_grad', name, {
      inputs: {
        x,
        scale: floats(channels, 0.5, 2),
        mean: floats(channels, 0.5, 1.5),
        variance: floats(channels, 0.5, 2),
        gradient: floats(shape, -1, 1, dtype),
      },
      build: (b, v) => b.addAll('batch_norm_grad', [v.x, v.scale, v.mean, v.variance, v.gradient], { epsilon }),
      ...(dtype === 'f32' ? { tolerance: 1e-4 } : {}),
      differentiable: [],
    }),
  ]
})

export const linalgCases: readonly OpCase[] = [...reduceCases, ...dotCases, ...batchNormCases]
