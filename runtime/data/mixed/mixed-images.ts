/** Opens the images of a mix: those of its parts. */
import { need } from '../../../grammar/diagnostic.ts'
import type { EncodedImages, ImageRecipe, MixedImages } from '../collection.ts'

/** `open` opens a part. Errors are those of the parts; if one cannot be opened, the others are closed. */
export function openMixedImages(
  { parts, part, index }: MixedImages,
  open: (recipe: ImageRecipe) => EncodedImages,
): EncodedImages {
  const opened: EncodedImages[] = []
  const close = () => {
    for (const images of opened) images.close()
  }
  try {
    for (const recipe of parts) opened.push(open(recipe))
  } catch (error) {
    close()
    throw error
  }
  const partOf = (i: number) => need(opened[part[i] ?? -1], `the part of image ${i}`)
  return {
    read: (i) => partOf(i).read(index[i] ?? 0),
    nameOf: (i) => partOf(i).nameOf(index[i] ?? 0),
    close,
  }
}
