/**
 * Convolution and its two gradients. TensorFlow.js's own convolutions receive padded images, since its backends differ in the
 * padding they support.
 *
 * Legend: N batch, H W image height and width, padded Hp Wp, H' W' of the result, C channels in, O out, G groups, kh kw the
 * window.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { Conv2dParams } from '../../compiler/ir/op.ts'
import { concatenated, padded, sliced } from './movement.ts'
import { type InterpretRule, local, operandOf } from './rule.ts'
import { channelSums } from './rules-reduce.ts'
import { asFloat, type FloatValue, floatValue, type RuleContext } from './value.ts'

type Pair = readonly [number, number]

const tensorValue = (tensor: Tensor): FloatValue => ({ kind: 'float', dtype: 'f32', shape: tensor.shape, tensor })

/** Images [N,H,W,C] with zero padding: [N,Hp,Wp,C]. */
function padImages(cx: RuleContext, images: FloatValue, { padding }: Conv2dParams): FloatValue {
  const [[top, bottom], [left, right]] = padding
  if (top + bottom + left + right === 0) return images
  const zero = tensorValue(cx.tf.scalar(0))
  const edges = { low: [0, top, left, 0], high: [0, bottom, right, 0], interior: [0, 0, 0, 0] }
  return padded(cx, images, { ...zero, dtype: images.dtype }, edges)
}

/** The filter with the zeros between its places that a dilation means: [D·(kh−1)+1, D·(kw−1)+1, …]. */
function spread(cx: RuleContext, filter: FloatValue, { dilation = [1, 1] }: Conv2dParams): FloatValue {
  if (dilation.every((d) => d === 1)) return filter
  const none = [0, 0, 0, 0]
  const zero = { ...tensorValue(cx.tf.scalar(0)), dtype: filter.dtype }
  return padded(cx, filter, zero, { low: none, high: none, interior: [dilation[0] - 1, dilation[1] - 1, 0, 0] })
}

/** Part `group` of `groups` along the last dim. */
function groupOf(cx: RuleContext, x: FloatValue, group: number, groups: number): FloatValue {
  const last = x.shape.length - 1
  const size = (x.shape[last] as number) / groups
  return sliced(cx, x, {
    start: x.shape.map((_, dim) => (dim === last ? group * size : 0)),
    limit: x.shape.map((dim, i) => (i === last ? (group + 1) * size : dim)),
    stride: x.shape.map(() => 1),
  })
}

/** Computes each group separately and concatenates the results along the last dim. */
function byGroup(
  cx: RuleContext,
  groups: number,
  operands: readonly [FloatValue, FloatValue],
  compute: (x: FloatValue, y: FloatValue) => Tensor,
): Tensor {
  const [x, y] = operands
  if (groups === 1) return compute(x, y)
  const parts = Array.from({ length: groups }, (_, g) =>
    tensorValue(compute(groupOf(cx, x, g, groups), groupOf(cx, y, g, groups))),
  )
  return asFloat(concatenated(cx, parts, 3)).tensor
}

/** Whether the depthwise kernels support it: TensorFlow's require equal strides. */
function isDepthwise({ groups, stride }: Conv2dParams, channels: number): boolean {
  return groups > 1 && groups === channels && stride[0] === stride[1]
}

/** A depthwise filter [kh,kw,1,C·M] in TensorFlow's layout [kh,kw,C,M]; output channel c·M + m belongs to c in both. */
function depthwiseFilter(cx: RuleContext, filter: FloatValue, channels: number): Tensor {
  const [kh = 0, kw = 0, , out = 0] = filter.shape
  return cx.tf.reshape(filter.tensor, [kh, kw, channels, out / channels])
}

export const conv2d: InterpretRule<'conv2d'> = local((cx, op, operands, type) => {
  const { stride, groups } = op.params
  const images = padImages(cx, asFloat(operandOf(operands, 0)), op.params)
  const filter = spread(cx, asFloat(operandOf(operands, 1)), op.params)
  const strides: [number, number] = [...stride]
  const channels = images.shape[3] as number
  if (isDepthwise(op.params, channels)) {
    const x = images.tensor as Tensor4D
    const w = depthwiseFilter(cx, filter, channels) as Tensor4D
    return floatValue(cx, type, cx.tf.depthwiseConv2d(x, w, strides, 'valid'))
  }
  const convolve = (x: FloatValue, w: FloatValue) =>
    cx.tf.conv2d(x.tensor as Tensor4D, w.tensor as Tensor4D, strides, 'valid')
  return floatValue(cx, type, byGroup(cx, groups, [images, filter], convolve))
})

export const conv2dInputGrad: InterpretRule<'conv2d_input_grad'> = local((cx, op, operands, type) => {
  const { stride, padding, groups, inputShape } = op.params
  const gradient = asFloat(operandOf(operands, 0))
  const filter = spread(cx, asFloat(operandOf(operands, 1)), op.params)
  const [n = 0, h = 0, w = 0, c = 0] = inputShape
  const [[top, bottom], [left, right]] = padding
  const [tall, wide] = [h + top + bottom, w + left + right]
  const strides: [number, number] = [...stride]
  const onPadded = isDepthwise(op.params, c)
    ? cx.tf
        .engine()
        .runKernel<Tensor>(
          cx.tf.DepthwiseConv2dNativeBackpropInput,
          { dy: gradient.tensor, filter: depthwiseFilter(cx, filter, c) },
          { strides, pad: 'valid', dilations: [1, 1], inputShape: [n, tall, wide, c] },
        )
    : byGroup(cx, groups, [gradient, filter], (dy, f) =>
        cx.tf.conv2dTranspose(
          dy.tensor as Tensor4D,
          f.tensor as Tensor4D,
          [n, tall, wide, c / groups],
          strides,
          'valid',
        ),
      )
  const inner = sliced(cx, tensorValue(onPadded), {
    start: [0, top, left, 0],
    limit: [n, top + h, left + w, c],
    stride: [1, 1, 1, 1],
  })
  return floatValue(cx, type, inner.tensor)
})

/** The padded images' elements under the place (i, j) of the window: [N,H',W',C]. */
function tapOf(cx: RuleContext, images: FloatValue, [i, j]: Pair, gradient: FloatValue, stride: Pair): FloatValue {
  const [n = 0, , , c = 0] = images.shape
  const [, high = 0, wide = 0] = gradient.shape
  return sliced(cx, images, {
    start: [0, i, j, 0],
    limit: [n, i + (high - 1) * stride[0] + 1, j + (wide - 1) * stride[1] + 1, c],
    stride: [1, ...stride, 1],
  })
}

/** Σ over N,H',W' of image ⊗ gradient: [C,O]. */
function denseTap(cx: RuleContext, tap: FloatValue, gradient: FloatValue): Tensor {
  const flat = (x: FloatValue) => cx.tf.reshape(x.tensor, [-1, x.shape.at(-1) as number])
  return cx.tf.matMul(flat(tap), flat(gradient), true, false)
}

/** Σ over N,H',W' of image · gradient, each channel with its own M gradient channels: [C·M]. */
function depthwiseTap(cx: RuleContext, tap: FloatValue, gradient: FloatValue): Tensor {
  const channels = tap.shape.at(-1) as number
  const images = cx.tf.reshape(tap.tensor, [-1, channels, 1])
  const products = cx.tf.mul(images, cx.tf.reshape(gradient.tensor, [images.shape[0], channels, -1]))
  return channelSums(cx, tensorValue(cx.tf.reshape(products, [images.shape[0], -1])))
}

/**
 * One matrix product per tap of the window. The JavaScript backend's own kernels (Conv2DBackpropFilter and its depthwise variant)
 * look up every element by its index, and take over 60 times as long as a forward convolution.
 */
export const conv2dFilterGrad: InterpretRule<'conv2d_filter_grad'> = local((cx, op, operands, type) => {
  const { groups, filterShape, dilation = [1, 1] } = op.params
  const [kh = 0, kw = 0, perGroup = 0, out = 0] = filterShape
  const images = padImages(cx, asFloat(operandOf(operands, 0)), op.params)
  const gradient = asFloat(operandOf(operands, 1))
  const ofTaps = (x: FloatValue, dy: FloatValue, sumTap: typeof denseTap) => {
    const taps = Array.from({ length: kh * kw }, (_, tap) =>
      cx.tf.tidy(() => {
        const place: Pair = [Math.floor(tap / kw) * dilation[0], (tap % kw) * dilation[1]]
        const seen = tapOf(cx, x, place, dy, op.params.stride)
        return cx.tf.reshape(sumTap(cx, seen, dy), [1, -1])
      }),
    )
    return cx.tf.concat(taps)
  }
  if (isDepthwise(op.params, images.shape[3] as number))
    return floatValue(cx, type, ofTaps(images, gradient, depthwiseTap))
  const grouped = byGroup(cx, groups, [images, gradient], (x, dy) =>
    cx.tf.reshape(ofTaps(x, dy, denseTap), [kh, kw, perGroup, out / groups]),
  )
  return floatValue(cx, type, grouped)
})
