/**
 * Verification pairs: two images and whether they show the same person. They come from held-out people (`select/held-out-pairs.ts`),
 * from InsightFace's `.bin` files or from lists (`verification/`).
 */
import type { ImageRecipe } from './collection.ts'
import type { Pictures } from './dataset.ts'

/** Pair p compares images `pairs[2p]` and `pairs[2p + 1]`. Each image is stored once, however many pairs use it. */
export interface PairSet extends Pictures {
  readonly name: string
  readonly pairs: Int32Array
  /** 1 if pair p shows one person. */
  readonly same: Uint8Array
  /** The same images for workers, which open them with their own file handles. */
  readonly recipe: ImageRecipe
}
