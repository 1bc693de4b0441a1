/** Draws verification pairs from the people of a data set, in the order of LFW: ten parts, each with as many pairs of one person as of two. */
import type { Collection } from '../collection.ts'
import { drawPairs } from '../draw-pairs.ts'
import { countClasses } from '../jobs/class-counts.ts'
import { choosePeople } from './choose-people.ts'

/** Parts of a verification set, each of which is tested with the threshold of the others. */
const FOLDS = 10
/** The number of pairs must be a multiple of this. */
export const pairUnit = 2 * FOLDS

/** Pairs alternate between the kinds when drawn; here those of one person come first in each fold. */
function inFolds(pairs: Int32Array, same: Uint8Array): { readonly pairs: Int32Array; readonly same: Uint8Array } {
  const perFold = same.length / FOLDS
  const order = Array.from({ length: same.length }, (_, at) => {
    const fold = Math.floor(at / perFold)
    const within = at % perFold
    const half = perFold / 2
    return fold * perFold + (within < half ? 2 * within : 2 * (within - half) + 1)
  })
  return {
    pairs: Int32Array.from(order.flatMap((p) => [pairs[2 * p] ?? 0, pairs[2 * p + 1] ?? 0])),
    same: Uint8Array.from(order, (p) => same[p] ?? 0),
  }
}

/** The number of pairs that is drawn if none is asked for: `usual`, or as many as the people can give. */
export function possiblePairs(collection: Collection, usual: number): number {
  const { perClass } = countClasses(collection)
  const same = perClass.reduce((sum, pictures) => sum + (pictures * (pictures - 1)) / 2, 0)
  const images = perClass.reduce((sum, pictures) => sum + pictures, 0)
  const different = (images * (images - 1)) / 2 - same
  const most = Math.floor((2 * Math.min(same, different)) / pairUnit) * pairUnit
  return Math.max(pairUnit, Math.min(usual, most))
}

/**
 * Image numbers i32[P, 2] of P = `count` pairs of both kinds together, a multiple of `pairUnit`, and whether they show one person. Those
 * of one person come first in each part. Throws ARC6207 if the people have too few pictures.
 */
export function foldedPairs(
  collection: Collection,
  count: number,
  seed: number,
): { readonly pairs: Int32Array; readonly same: Uint8Array } {
  const { perClass } = countClasses(collection)
  const people = choosePeople(collection, perClass, count / 2, seed)
  const { pairs, same } = drawPairs(people, count / 2, seed, collection.name)
  return inFolds(pairs, same)
}
