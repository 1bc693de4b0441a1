/** Pairs of the encoded pictures of a recipe. */
import type { ImageRecipe } from '../collection.ts'
import type { ImageShape } from '../image.ts'
import type { PairSet } from '../pairs.ts'
import { selectedPictures } from '../select/selected-pictures.ts'

/** The pairs i32[P, 2] of image numbers of the recipe, all of which occur in a pair. */
export function recipePairs(
  set: Pick<PairSet, 'name' | 'pairs' | 'same'> & { readonly recipe: ImageRecipe },
  shape: ImageShape,
  cacheBytes?: number,
): PairSet {
  const images = set.pairs.reduce((most, i) => Math.max(most, i + 1), 0)
  return { ...selectedPictures({ recipe: set.recipe, images, numberOf: (i) => i }, shape, cacheBytes), ...set }
}
