/**
 * Images on the device: converts bytes to numbers in [-1, 1], and mirrors them if requested.
 *
 * Legend: N images, H W height and width, C channels.
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'

/** `u8`: bytes, normalized and mirrored on the device. `f32`: numbers that go into the backbone as they are. */
export type ImageDType = 'u8' | 'f32'

const WIDTH_DIM = 2

/** u8 [N,H,W,C] → f32 [N,H,W,C]: (x/255 − 1/2) / (1/2). */
export function normalizeImages(b: GraphBuilder, images: Value): Value {
  return ops.subtract(b, ops.multiply(b, ops.convert(b, images, 'f32'), 1 / 127.5), 1)
}

export function mirrorImages(b: GraphBuilder, images: Value): Value {
  return ops.reverse(b, images, [WIDTH_DIM])
}

/** Mirrors the images whose entry of `flip` (u8 [N]) is not 0. */
export function mirrorSome(b: GraphBuilder, images: Value, flip: Value): Value {
  const chosen = ops.broadcastVector(b, ops.convert(b, flip, 'pred'), images.type.shape, 0)
  return ops.select(b, chosen, mirrorImages(b, images), images)
}
