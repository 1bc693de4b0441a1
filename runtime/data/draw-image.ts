/** Draws the images of a generated data set. */
import type { DrawnImages } from './collection.ts'
import { fitImage, type ImageShape } from './image.ts'
import { renderFace } from './synthetic.ts'

/** Image `i` of a generated data set, u8[h, w, channels]: drawn on a square with the longer side, then stretched to the shape. */
export function drawImage({ perIdentity, seed, nuisance }: DrawnImages, i: number, shape: ImageShape): Uint8Array {
  const sample = i % perIdentity
  const identity = (i - sample) / perIdentity
  const size = Math.max(shape[0], shape[1])
  return fitImage(renderFace({ seed, identity, sample, nuisance, size }), shape)
}
