/** Cuts a face out of a picture by its five points, as networks of arcface expect it. */
import { bug } from '../../../grammar/diagnostic.ts'
import { type Image, type ImageShape, luma } from '../image.ts'
import { estimateSimilarity, templateFor } from './similarity.ts'
import { warp } from './warp.ts'

export interface FaceAligner {
  /**
   * Writes the aligned face to `out`, u8[h,w,c]; its points are `points[at … at + 10]`. False if they are all one point, or not
   * finite.
   */
  align(image: Image, points: Float32Array, at: number, out: Uint8Array): boolean
}

/** An aligner for faces of a shape; it has memory of its own if they are gray. */
export function createFaceAligner(shape: ImageShape): FaceAligner {
  const [height, width, channels] = shape
  if (channels !== 1 && channels !== 3) bug(`a face of ${channels} channels`)
  const to = templateFor(shape)
  const color = channels === 1 ? new Uint8Array(height * width * 3) : undefined
  return {
    align(image, points, at, out) {
      const move = estimateSimilarity(points, at, to)
      if (move === undefined) return false
      warp(image, move, height, width, color ?? out)
      if (color !== undefined) out.set(luma({ width, height, data: color }))
      return true
    },
  }
}
