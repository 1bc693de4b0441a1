/** Cases of max pooling. Each geometry gives a case for the result and for its gradient. Legend: images [N,H,W,C]. */
import type { DType } from '../../compiler/ir/dtype.ts'
import type { PoolParams } from '../../compiler/ir/op.ts'
import { floats, given, type InputSpec, type OpCase, opCase } from '../helpers/op-case.ts'

const none = [
  [0, 0],
  [0, 0],
] as const
const same = [
  [1, 1],
  [1, 1],
] as const

interface Geometry {
  readonly name: string
  readonly images: InputSpec
  readonly params: PoolParams
  /** [H', W'] */
  readonly result: readonly [number, number]
  /** Where several elements are the maximum, the result has a kink. */
  readonly hasTies?: boolean
}

const geometries: readonly Geometry[] = [
  {
    name: 'window 3, stride 2, padding 1',
    images: floats([2, 6, 5, 2]),
    params: { window: [3, 3], stride: [2, 2], padding: same },
    result: [3, 3],
  },
  {
    name: 'not square, some pixels seen by no window',
    images: floats([1, 7, 5, 2]),
    params: {
      window: [1, 2],
      stride: [3, 2],
      padding: [
        [0, 0],
        [1, 0],
      ],
    },
    result: [3, 3],
  },
  {
    name: 'equal elements',
    images: given('f32', [1, 3, 3, 1], [2, 2, 0, 1, 2, 0, -1, 0, 0]),
    params: { window: [2, 2], stride: [1, 1], padding: none },
    result: [2, 2],
    hasTies: true,
  },
  {
    name: 'bf16',
    images: floats([1, 4, 4, 3], -1, 1, 'bf16'),
    params: { window: [2, 2], stride: [2, 2], padding: none },
    result: [2, 2],
  },
]

export const poolCases: readonly OpCase[] = geometries.flatMap(({ name, images, params, result, hasTies = false }) => {
  const [n = 0, , , channels = 0] = images.type.shape
  const dtype: DType = images.type.dtype
  const pooled = [n, ...result, channels]
  return [
    opCase('max_pool', name, {
      inputs: { x: images },
      build: (b, v) => b.add('max_pool', [v.x], params),
      ...(hasTies ? { differentiable: [] } : {}),
    }),
    opCase('max_pool_grad', name, {
      inputs: { x: images, dy: floats(pooled, -1, 1, dtype) },
      build: (b, v) => b.add('max_pool_grad', [v.x, b.add('max_pool', [v.x], params), v.dy], params),
      differentiable: [],
    }),
  ]
})
