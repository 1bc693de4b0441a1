/** Draws the images of a generated data set. */
import type { DrawnImages } from './collection.ts'
import { FACE_SIZE, fitImage, type Image, type ImageShape } from './image.ts'
import { renderFace } from './synthetic.ts'

/** Image `i` of a generated data set, on a square with sides of `size` pixels. */
export function drawFace({ perIdentity, seed, nuisance }: DrawnImages, i: number, size: number = FACE_SIZE): Image {
  const sample = i % perIdentity
  return renderFace({ seed, identity: (i - sample) / perIdentity, sample, nuisance, size })
}

/** Image `i` in a shape, u8[h, w, channels]: drawn on a square with the longer side, then stretched. */
export function drawImage(recipe: DrawnImages, i: number, shape: ImageShape): Uint8Array {
  return fitImage(drawFace(recipe, i, Math.max(shape[0], shape[1])), shape)
}
