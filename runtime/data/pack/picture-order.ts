/** The order in which a data set is written. */
import { fold, permutation, purpose, rootKey } from '../../random.ts'

/** Sets the order of a written set apart from the orders of epochs, which have small numbers. */
const WRITTEN = 0x72656364

/** Picture numbers sorted by class, each class in its own order, u32[images]; `perClass` counts the pictures of each class. */
export function orderByClass(label: (i: number) => number, images: number, perClass: Uint32Array): Uint32Array {
  const next = new Float64Array(perClass.length)
  for (let c = 1; c < perClass.length; c++) next[c] = (next[c - 1] ?? 0) + (perClass[c - 1] ?? 0)
  const order = new Uint32Array(images)
  for (let i = 0; i < images; i++) {
    const c = label(i)
    const at = next[c] ?? 0
    order[at] = i
    next[c] = at + 1
  }
  return order
}

/** A random order of all pictures, u32[images]; the same for the same seed. */
export function shuffledOrder(images: number, seed: number): Uint32Array {
  return permutation(fold(fold(rootKey(seed), purpose.order), WRITTEN), images)
}
