/**
 * A convolution and its gradients as one `stablehlo.convolution` each. The gradients are convolutions too: dx convolves the
 * dilated dy with the reversed filter, dw the images with dy as the window.
 *
 * Legend: x [N,H,W,C], w [kh,kw,C/G,O], y dy [N,P,Q,O].
 */

import type { TensorType } from '../ir/dtype.ts'
import type { ConvGeometry } from './conv-geometry.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { convert, convolution, reshape, reverse, transpose } from './hlo.ts'
import { platformForms } from './platform-forms.ts'

const forwardLayout = { lhs: 'b01f', rhs: '01io', out: 'b01f' }

/** Whether products and convolutions of an element type run in f32: the CPU has no efficient 16-bit ones. */
export function isWidened(e: Emitter, { dtype }: TensorType): boolean {
  return (dtype === 'f16' || dtype === 'bf16') && !platformForms[e.platform].multipliesHalves
}

/** An operand in the element type that is computed in. CUDA's products accumulate in f32 by themselves. */
export function widen(e: Emitter, x: Ssa): Ssa {
  return isWidened(e, x.type) ? convert(e, x, 'f32') : x
}

export function plainForward(e: Emitter, g: ConvGeometry, x: Ssa, w: Ssa): Ssa {
  return convolution(e, x, w, {
    stride: g.stride,
    padding: g.padding,
    rhsDilation: g.dilation,
    featureGroups: g.groups,
    layout: forwardLayout,
    result: { dtype: x.type.dtype, shape: [g.batch, ...g.result, g.features] },
  })
}

/** w with input and output channels swapped inside each group: [kh,kw,O/G,C]. */
export function exchangeChannels(e: Emitter, g: ConvGeometry, w: Ssa): Ssa {
  const [inputs, outputs] = [g.channels / g.groups, g.features / g.groups]
  const split = reshape(e, w, [...g.window, inputs, g.groups, outputs])
  return reshape(e, transpose(e, split, [0, 1, 4, 3, 2]), [...g.window, outputs, g.channels])
}

export function plainInputGrad(e: Emitter, g: ConvGeometry, dy: Ssa, w: Ssa): Ssa {
  const padding = ([0, 1] as const).map((d): [number, number] => {
    const before = g.dilation[d] * (g.window[d] - 1)
    const low = before - g.padding[d][0]
    const spread = (g.result[d] - 1) * g.stride[d] + 1
    return [low, g.image[d] + before - spread - low]
  })
  const plain = g.groups === 1
  // A reversed copy of the filter instead of `window_reversal`, which makes XLA's CPU compiler use its naive loop.
  return convolution(e, dy, reverse(e, plain ? w : exchangeChannels(e, g, w), [0, 1]), {
    padding,
    lhsDilation: g.stride,
    rhsDilation: g.dilation,
    featureGroups: g.groups,
    layout: plain ? { ...forwardLayout, rhs: '01oi' } : forwardLayout,
    result: { dtype: dy.type.dtype, shape: [g.batch, ...g.image, g.channels] },
  })
}

export function plainFilterGrad(e: Emitter, g: ConvGeometry, x: Ssa, dy: Ssa): Ssa {
  const padding = ([0, 1] as const).map((d): [number, number] => {
    const low = g.padding[d][0]
    const reach = g.dilation[d] * (g.window[d] - 1) + 1
    return [low, reach + (g.result[d] - 1) * g.stride[d] - g.image[d] - low]
  })
  return convolution(e, x, dy, {
    stride: g.dilation,
    padding,
    rhsDilation: g.stride,
    batchGroups: g.groups,
    layout: { lhs: 'f01b', rhs: 'i01o', out: '01bf' },
    result: { dtype: x.type.dtype, shape: [...g.window, g.channels / g.groups, g.features] },
  })
}
