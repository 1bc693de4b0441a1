/** Opens the images of any recipe, in the thread that reads them. */
import { bug } from '../../../grammar/diagnostic.ts'
import type { EncodedImages, ImageRecipe } from '../collection.ts'
import { openFileImages } from '../folder/file-images.ts'
import { openRecordImages } from '../recordio/record-images.ts'
import { openBytesImages } from '../sources/bytes-images.ts'
import { openRangeImages } from '../sources/range-images.ts'

/** The caller closes the result. Drawn images have no encoded bytes; they are rendered by `renderFace`. */
export function openImages(recipe: ImageRecipe): EncodedImages {
  switch (recipe.kind) {
    case 'records':
      return openRecordImages(recipe)
    case 'files':
      return openFileImages(recipe)
    case 'ranges':
      return openRangeImages(recipe)
    case 'bytes':
      return openBytesImages(recipe)
    default:
      return bug(`no reader of ${recipe.kind}`)
  }
}
