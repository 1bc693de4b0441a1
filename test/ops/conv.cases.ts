/**
 * Cases of the convolutions. Each geometry gives a case for the convolution and for both of its gradients.
 *
 * Legend: N batch, H W height and width, C channels in, O channels out, kh kw the filter's window.
 */
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { DType } from '../../compiler/ir/dtype.ts'
import type { Conv2dParams } from '../../compiler/ir/op.ts'
import { floats, type OpCase, opCase } from '../helpers/op-case.ts'

type Shape4 = readonly [number, number, number, number]

interface Geometry {
  readonly name: string
  /** [N,H,W,C] */
  readonly images: Shape4
  /** [kh,kw,C/groups,O] */
  readonly filter: Shape4
  readonly params?: Partial<Conv2dParams>
  readonly dtype?: DType
}

const same = [
  [1, 1],
  [1, 1],
] as const

const geometries: readonly Geometry[] = [
  { name: '3x3, padding 1', images: [2, 5, 4, 3], filter: [3, 3, 3, 2], params: { padding: same } },
  { name: '3x3, no padding', images: [2, 5, 4, 2], filter: [3, 3, 2, 3] },
  { name: '1x1', images: [2, 3, 3, 4], filter: [1, 1, 4, 2] },
  { name: '1x1, stride 2', images: [2, 5, 4, 3], filter: [1, 1, 3, 2], params: { stride: [2, 2] } },
  {
    name: '3x3, stride 2, even size',
    images: [1, 6, 6, 2],
    filter: [3, 3, 2, 3],
    params: { stride: [2, 2], padding: same },
  },
  {
    name: '3x3, stride 2, odd size',
    images: [1, 7, 5, 2],
    filter: [3, 3, 2, 3],
    params: { stride: [2, 2], padding: same },
  },
  {
    name: 'stride 2 in one dim',
    images: [1, 6, 5, 2],
    filter: [3, 3, 2, 2],
    params: { stride: [1, 2], padding: same },
  },
  { name: 'stride 3, wider than the window', images: [1, 8, 7, 2], filter: [2, 2, 2, 2], params: { stride: [3, 3] } },
  {
    name: 'asymmetric padding',
    images: [2, 4, 5, 2],
    filter: [3, 2, 2, 2],
    params: {
      stride: [2, 1],
      padding: [
        [0, 2],
        [1, 0],
      ],
    },
  },
  {
    name: 'padding as wide as the window',
    images: [1, 3, 3, 1],
    filter: [2, 2, 1, 2],
    params: {
      padding: [
        [2, 2],
        [2, 2],
      ],
    },
  },
  { name: 'two groups', images: [2, 4, 4, 4], filter: [3, 3, 2, 6], params: { groups: 2, padding: same } },
  { name: 'depthwise', images: [2, 4, 5, 3], filter: [3, 3, 1, 3], params: { groups: 3, padding: same } },
  {
    name: 'depthwise, stride 2',
    images: [2, 6, 5, 3],
    filter: [3, 3, 1, 3],
    params: { groups: 3, stride: [2, 2], padding: same },
  },
  {
    name: 'depthwise, two outputs a channel',
    images: [1, 4, 4, 2],
    filter: [3, 3, 1, 4],
    params: { groups: 2, padding: same },
  },
  { name: 'window of the image (global depthwise)', images: [2, 4, 3, 3], filter: [4, 3, 1, 3], params: { groups: 3 } },
  {
    name: 'dilation',
    images: [1, 7, 8, 2],
    filter: [3, 2, 2, 3],
    params: {
      dilation: [2, 3],
      padding: [
        [2, 1],
        [0, 2],
      ],
    },
  },
  {
    name: 'depthwise, dilation and stride',
    images: [1, 8, 7, 3],
    filter: [3, 3, 1, 3],
    params: {
      dilation: [2, 2],
      stride: [2, 2],
      groups: 3,
      padding: [
        [2, 2],
        [2, 2],
      ],
    },
  },
  { name: 'bf16', images: [1, 4, 4, 2], filter: [3, 3, 2, 2], params: { padding: same }, dtype: 'bf16' },
  {
    name: 'f16, stride 2',
    images: [1, 4, 4, 2],
    filter: [3, 3, 2, 2],
    params: { stride: [2, 2], padding: same },
    dtype: 'f16',
  },
]

function resultShape(images: Shape4, filter: Shape4, params: Conv2dParams): readonly number[] {
  const b = new GraphBuilder('shape', 1)
  const x = b.input('x', { dtype: 'f32', shape: images })
  const w = b.input('w', { dtype: 'f32', shape: filter })
  return b.add('conv2d', [x, w], params).type.shape
}

export const convCases: readonly OpCase[] = geometries.flatMap(
  ({ name, images, filter, params: some, dtype = 'f32' }) => {
    const none = [
      [0, 0],
      [0, 0],
    ] as const
    const params: Conv2dParams = { stride: [1, 1], padding: none, groups: 1, ...some }
    const result = resultShape(images, filter, params)
    const tensor = (shape: readonly number[]) => floats(shape, -1, 1, dtype)
    return [
      opCase('conv2d', name, {
        inputs: { x: tensor(images), w: tensor(filter) },
        build: (b, v) => b.add('conv2d', [v.x, v.w], params),
      }),
      opCase('conv2d_input_grad', name, {
        inputs: { gradient: tensor(result), w: tensor(filter) },
        build: (b, v) => b.add('conv2d_input_grad', [v.gradient, v.w], { ...params, inputShape: images }),
      }),
      opCase('conv2d_filter_grad', name, {
        inputs: { x: tensor(images), gradient: tensor(result) },
        build: (b, v) => b.add('conv2d_filter_grad', [v.x, v.gradient], { ...params, filterShape: filter }),
      }),
    ]
  },
)
