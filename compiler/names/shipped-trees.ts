/**
 * The standard library as the build parsed it: the modules' texts and packed trees, by the names of the modules. Empty when arcc runs
 * from its sources: the build (`bin/build.mjs`) puts the result of `packLibrary` in the place of this file.
 */

/** A module and its tree; the tree belongs to exactly this text and has no diagnostics. */
export interface ShippedTree {
  readonly text: string
  readonly tree: string
}

export const shippedTrees: Readonly<Record<string, ShippedTree>> = {}
