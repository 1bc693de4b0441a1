/**
 * Shape rules for reductions and linear algebra.
 *
 * Legend: N batch, H W height and width, C channels in, O channels out, kh kw the filter's window.
 */
import { type DType, isFloat, type TensorType } from './dtype.ts'
import {
  expect,
  expectCount,
  expectDims,
  expectFloat,
  expectNumber,
  expectType,
  type InferOp,
  type InferRule,
  only,
  operand,
  within,
  withoutDims,
} from './infer-rule.ts'
import type { Conv2dParams, PoolParams } from './op.ts'
import type { ConvKind, LinalgKind, NormKind, PoolKind, ReduceKind } from './op-family.ts'

function reduce<K extends ReduceKind>(op: InferOp<K>): TensorType[] {
  const x = only(op)
  const { dims } = op.params
  expectNumber(op, x)
  expectDims(op, dims, x.shape.length)
  return [{ dtype: x.dtype, shape: withoutDims(x.shape, dims) }]
}

/** The maximum and minimum of no elements are undefined (the engines would return their own infinities). */
function reduceExtreme<K extends 'reduce_max' | 'reduce_min'>(op: InferOp<K>): TensorType[] {
  const x = only(op)
  expect(
    op.params.dims.every((dim) => x.shape[dim] !== 0),
    op,
    'something to reduce over',
  )
  return reduce(op)
}

export const inferReduce: { readonly [K in ReduceKind]: InferRule<K> } = {
  reduce_sum: reduce,
  reduce_max: reduceExtreme,
  reduce_min: reduceExtreme,
}

const inferDot: InferRule<'dot_general'> = (op) => {
  expectCount(op, 2)
  const lhs = operand(op, 0)
  const rhs = operand(op, 1)
  const { lhsBatch, rhsBatch, lhsContract, rhsContract, dtype } = op.params
  expect(lhs.dtype === rhs.dtype, op, 'operands of one dtype')
  expectNumber(op, lhs)
  expect(
    isFloat(lhs.dtype) ? isFloat(dtype) : dtype === 'i32',
    op,
    `a result dtype that holds the sums where ${dtype} is`,
  )
  expectDims(op, [...lhsBatch, ...lhsContract], lhs.shape.length)
  expectDims(op, [...rhsBatch, ...rhsContract], rhs.shape.length)
  const pairs = (left: readonly number[], right: readonly number[]) =>
    left.length === right.length && left.every((dim, i) => lhs.shape[dim] === rhs.shape[right[i] ?? -1])
  expect(pairs(lhsBatch, rhsBatch), op, `equal batch dims [${lhsBatch}] and [${rhsBatch}]`)
  expect(pairs(lhsContract, rhsContract), op, `equal contracted dims [${lhsContract}] and [${rhsContract}]`)
  const shape = [
    ...lhsBatch.map((dim) => lhs.shape[dim] ?? 0),
    ...withoutDims(lhs.shape, [...lhsBatch, ...lhsContract]),
    ...withoutDims(rhs.shape, [...rhsBatch, ...rhsContract]),
  ]
  return [{ dtype, shape }]
}

/** The shape [N,H',W',O] of a convolution of `images` [N,H,W,C] with `filter` [kh,kw,C/groups,O]. */
function convShape(
  op: InferOp<ConvKind>,
  images: readonly number[],
  filter: readonly number[],
  { stride, padding, groups, dilation = [1, 1] }: Conv2dParams,
): readonly number[] {
  expect(images.length === 4 && filter.length === 4, op, 'images [N,H,W,C] and a filter [kh,kw,C/groups,O]')
  const [n = 0, h = 0, w = 0, c = 0] = images
  const [kh = 0, kw = 0, cPerGroup = 0, o = 0] = filter
  const counts = [...stride, ...dilation, groups, kh, kw]
  expect(
    counts.every((count) => within(count, 1, Number.MAX_SAFE_INTEGER)),
    op,
    'stride, dilation, groups and window of 1 or more',
  )
  expect(
    padding.flat().every((zeros) => within(zeros, 0, Number.MAX_SAFE_INTEGER)),
    op,
    'padding of 0 or more',
  )
  expect(c === cPerGroup * groups, op, `${c} channels, which ${groups} groups of ${cPerGroup} are not`)
  expect(o % groups === 0, op, `output channels that ${groups} groups divide where ${o} are`)
  const reach = [dilation[0] * (kh - 1) + 1, dilation[1] * (kw - 1) + 1] as const
  return [n, ...placesOf(op, [h, w], reach, { stride, padding }), o]
}

/** The number of places [H',W'] of a window that covers `reach` pixels of an image [H,W]. */
function placesOf(
  op: InferOp<ConvKind | PoolKind>,
  [h, w]: readonly [number, number],
  [kh, kw]: readonly [number, number],
  { stride, padding }: Pick<PoolParams, 'stride' | 'padding'>,
): readonly [number, number] {
  const [[top, bottom], [left, right]] = padding
  const tall = h + top + bottom
  const wide = w + left + right
  expect(kh <= tall && kw <= wide, op, `a window that fits into ${tall}x${wide} where ${kh}x${kw} is`)
  return [Math.floor((tall - kh) / stride[0]) + 1, Math.floor((wide - kw) / stride[1]) + 1]
}

/** The shape [N,H',W',C] of pooled images [N,H,W,C]. A window never lies entirely outside of the image. */
function poolShape(op: InferOp<PoolKind>, images: TensorType): readonly number[] {
  const { window, stride, padding } = op.params
  expectFloat(op, images)
  expect(images.shape.length === 4, op, 'images [N,H,W,C]')
  const [n = 0, h = 0, w = 0, c = 0] = images.shape
  expect(
    [...window, ...stride].every((count) => within(count, 1, Number.MAX_SAFE_INTEGER)),
    op,
    'window and stride of 1 or more',
  )
  expect(
    padding.every((edges, i) => edges.every((edge) => within(edge, 0, (window[i] ?? 0) - 1))),
    op,
    'padding of 0 or more, below the window',
  )
  return [n, ...placesOf(op, [h, w], window, op.params), c]
}

/** Two float operands of one dtype. */
function convOperands(op: InferOp<ConvKind>): [TensorType, TensorType] {
  expectCount(op, 2)
  const first = operand(op, 0)
  const second = operand(op, 1)
  expectFloat(op, first)
  expect(first.dtype === second.dtype, op, 'operands of one dtype')
  return [first, second]
}

/** The dtype of statistics, scale and offset for activations of `dtype`. */
export function statisticsDType(dtype: DType): DType {
  return dtype === 'f64' ? 'f64' : 'f32'
}

/** Checks x [...,C]; returns the type [C] of its statistics. */
function channelType(op: InferOp<NormKind>, x: TensorType): TensorType {
  expectFloat(op, x)
  const channels = x.shape.at(-1)
  expect(channels !== undefined && x.shape.length >= 2, op, 'x of rank 2 or more')
  expect(op.params.epsilon > 0, op, `an epsilon above 0 where ${op.params.epsilon} is`)
  return { dtype: statisticsDType(x.dtype), shape: [channels] }
}

export const inferLinalg: { readonly [K in LinalgKind]: InferRule<K> } = {
  dot_general: inferDot,
  conv2d: (op) => {
    const [images, filter] = convOperands(op)
    return [{ dtype: images.dtype, shape: convShape(op, images.shape, filter.shape, op.params) }]
  },
  conv2d_input_grad: (op) => {
    const [gradient, filter] = convOperands(op)
    const { inputShape } = op.params
    expectType(op, gradient, filter.dtype, convShape(op, inputShape, filter.shape, op.params))
    return [{ dtype: filter.dtype, shape: inputShape }]
  },
  conv2d_filter_grad: (op) => {
    const [images, gradient] = convOperands(op)
    const { filterShape } = op.params
    expectType(op, gradient, images.dtype, convShape(op, images.shape, filterShape, op.params))
    return [{ dtype: images.dtype, shape: filterShape }]
  },
  max_pool: (op) => {
    const images = only(op)
    return [{ dtype: images.dtype, shape: poolShape(op, images) }]
  },
  max_pool_grad: (op) => {
    expectCount(op, 3)
    const images = operand(op, 0)
    const pooled = poolShape(op, images)
    for (const given of op.operands.slice(1)) expectType(op, given, images.dtype, pooled)
    return [images]
  },
  batch_norm_training: (op) => {
    expectCount(op, 4)
    const x = operand(op, 0)
    const channel = channelType(op, x)
    for (const given of op.operands.slice(1)) expectType(op, given, channel.dtype, channel.shape)
    return [x, channel, channel]
  },
  batch_norm_grad: (op) => {
    expectCount(op, 5)
    const x = operand(op, 0)
    const channel = channelType(op, x)
    for (const given of op.operands.slice(1, 4)) expectType(op, given, channel.dtype, channel.shape)
    expectType(op, operand(op, 4), x.dtype, x.shape)
    return [x, channel, channel]
  },
}
