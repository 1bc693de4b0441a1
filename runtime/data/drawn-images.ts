/** Opens drawn images as if they were stored, so that they can be part of a mix: each is rendered and encoded as PPM. */
import type { DrawnImages, EncodedImages } from './collection.ts'
import { drawFace } from './draw-image.ts'

export function openDrawnImages(recipe: DrawnImages): EncodedImages {
  return {
    read(i) {
      const { width, height, data } = drawFace(recipe, i)
      return Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), data])
    },
    nameOf: (i) => `generated face ${i}`,
    close: () => undefined,
  }
}
