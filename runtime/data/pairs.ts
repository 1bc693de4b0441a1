/**
 * Verification pairs: two images and whether they show the same person. They come from held-out people (`select/held-out-pairs.ts`),
 * from InsightFace's `.bin` files or from lists (`verification/`).
 */
import type { ImageRecipe } from './collection.ts'

/** Pair p compares images `pairs[2p]` and `pairs[2p + 1]`. Each image is stored once, however many pairs use it. */
export interface PairSet {
  readonly name: string
  readonly recipe: ImageRecipe
  /** Images of the recipe; each occurs in a pair. */
  readonly images: number
  readonly pairs: Int32Array
  /** 1 if pair p shows one person. */
  readonly same: Uint8Array
}

/** The pairs i32[P, 2] of images of a recipe, all of which occur in a pair. */
export function recipePairs(set: Omit<PairSet, 'images'>): PairSet {
  return { ...set, images: set.pairs.reduce((most, i) => Math.max(most, i + 1), 0) }
}
