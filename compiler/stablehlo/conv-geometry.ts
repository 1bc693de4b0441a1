/**
 * The sizes of one convolution.
 *
 * Legend: x images [N,H,W,C], w filter [kh,kw,C/G,O], y result [N,P,Q,O], dx dw dy their gradients; G groups.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { type OpOf, operandAt, resultAt } from '../ir/graph.ts'
import type { Conv2dParams } from '../ir/op.ts'
import type { ConvKind } from '../ir/op-family.ts'

export interface ConvGeometry extends Conv2dParams {
  /** [1, 1] along dims in which the window has one place. */
  readonly dilation: readonly [number, number]
  /** N */
  readonly batch: number
  /** [H, W] */
  readonly image: readonly [number, number]
  /** C */
  readonly channels: number
  /** [kh, kw] */
  readonly window: readonly [number, number]
  /** O */
  readonly features: number
  /** [P, Q] */
  readonly result: readonly [number, number]
}

/** The geometry of a convolution from its parameters and the shapes of x, w and y. */
export function convGeometry(
  params: Conv2dParams,
  images: readonly number[],
  filter: readonly number[],
  result: readonly number[],
): ConvGeometry {
  const [batch, height, width, channels] = images
  const [windowHeight, windowWidth, , features] = filter
  const [, resultHeight, resultWidth] = result
  if (batch === undefined || height === undefined || width === undefined || channels === undefined)
    bug('images of rank 4')
  if (windowHeight === undefined || windowWidth === undefined || features === undefined) bug('a filter of rank 4')
  if (resultHeight === undefined || resultWidth === undefined) bug('a result of rank 4')
  const { stride, padding, groups, dilation = [1, 1] } = params
  return {
    stride,
    padding,
    groups,
    dilation: [windowHeight === 1 ? 1 : dilation[0], windowWidth === 1 ? 1 : dilation[1]],
    batch,
    image: [height, width],
    channels,
    window: [windowHeight, windowWidth],
    features,
    result: [resultHeight, resultWidth],
  }
}

type ConvOp = { [K in ConvKind]: OpOf<K> }[ConvKind]

/** The geometry of a convolution or of one of its gradients. */
export function geometryOfOp(op: ConvOp): ConvGeometry {
  const shape = (i: number) => operandAt(op, i).type.shape
  switch (op.kind) {
    case 'conv2d':
      return convGeometry(op.params, shape(0), shape(1), resultAt(op, 0).type.shape)
    case 'conv2d_input_grad':
      return convGeometry(op.params, op.params.inputShape, shape(1), shape(0))
    case 'conv2d_filter_grad':
      return convGeometry(op.params, shape(0), op.params.filterShape, shape(1))
  }
}
