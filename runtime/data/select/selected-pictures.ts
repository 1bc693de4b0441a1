/** The images of a selection, decoded in this thread. */
import { cachedPictures, type Dataset, type Pictures } from '../dataset.ts'
import { decodeImage } from '../decode-image.ts'
import { drawImage } from '../draw-image.ts'
import { openImages } from '../formats/open-images.ts'
import { fitImage, type ImageShape } from '../image.ts'
import type { Selection } from './selection.ts'

/** The images of a selection, decoded (or drawn) to this shape when they are first read. */
export function selectedPictures(
  { recipe, images, numberOf }: Selection,
  shape: ImageShape,
  cacheBytes?: number,
): Pictures {
  if (recipe.kind === 'drawn') {
    return cachedPictures(images, shape, (i) => drawImage(recipe, numberOf(i), shape), cacheBytes)
  }
  const opened = openImages(recipe)
  const make = async (i: number) => {
    const number = numberOf(i)
    const found = opened.read(number)
    // Copied at once: the reader reuses its memory for the next image, which is read while this one is decoded.
    const bytes = Uint8Array.from(found instanceof Promise ? await found : found)
    return fitImage(await decodeImage(bytes, opened.nameOf(number)), shape)
  }
  const pictures = cachedPictures(images, shape, make, cacheBytes)
  return {
    ...pictures,
    dispose() {
      pictures.dispose()
      opened.close()
    },
  }
}

/** The images of a selection with their labels. */
export function createDataset(selection: Selection, shape: ImageShape, cacheBytes?: number): Dataset {
  const { name, classes, label } = selection
  return { ...selectedPictures(selection, shape, cacheBytes), name, classes, label }
}
