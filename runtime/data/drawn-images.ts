/** Opens drawn images as if they were stored, so that they can be part of a mix: each is rendered and encoded as PPM. */
import type { DrawnImages, EncodedImages } from './collection.ts'
import { FACE_SIZE } from './image.ts'
import { renderFace } from './synthetic.ts'

export function openDrawnImages({ perIdentity, seed, nuisance }: DrawnImages): EncodedImages {
  const header = Buffer.from(`P6 ${FACE_SIZE} ${FACE_SIZE} 255\n`)
  return {
    read(i) {
      const sample = i % perIdentity
      const identity = (i - sample) / perIdentity
      return Buffer.concat([header, renderFace({ seed, identity, sample, nuisance, size: FACE_SIZE }).data])
    },
    nameOf: (i) => `generated face ${i}`,
    close: () => undefined,
  }
}
