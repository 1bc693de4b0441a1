/** Opens the images of any recipe, in the thread that reads them. */
import type { EncodedImages, ImageRecipe } from '../collection.ts'
import { openDrawnImages } from '../drawn-images.ts'
import { openFileImages } from '../folder/file-images.ts'
import { openListedImages } from '../list/listed-images.ts'
import { openMixedImages } from '../mixed/mixed-images.ts'
import { openParquetImages } from '../parquet/parquet-images.ts'
import { openRecordImages } from '../recordio/record-images.ts'
import { openBytesImages } from '../sources/bytes-images.ts'
import { openRangeImages } from '../sources/range-images.ts'

/** The caller closes the result. Drawn images are rendered and encoded; `drawImage` draws them at any size instead. */
export function openImages(recipe: ImageRecipe): EncodedImages {
  switch (recipe.kind) {
    case 'records':
      return openRecordImages(recipe)
    case 'files':
      return openFileImages(recipe)
    case 'listed':
      return openListedImages(recipe)
    case 'ranges':
      return openRangeImages(recipe)
    case 'bytes':
      return openBytesImages(recipe)
    case 'parquet':
      return openParquetImages(recipe)
    case 'mixed':
      return openMixedImages(recipe, openImages)
    case 'drawn':
      return openDrawnImages(recipe)
  }
}
