/** The people among whom verification pairs are drawn. */

import { createStream, fold, permutation, purpose, rootKey } from '../../random.ts'
import type { Collection } from '../collection.ts'
import type { PersonImages } from '../draw-pairs.ts'

/** Up to so many pairs of one person in total, all people and pictures take part. */
const mostPairs = 4_000_000
/** In larger sets: people for each pair that is drawn, and pictures of each of them. */
const peopleEach = 4
const picturesEach = 64

/** Sets apart what is drawn here. */
const CHOSEN = 0x70656f70

/** Which classes take part, u8[classes]. */
function chooseClasses(perClass: Uint32Array, count: number, seed: number): Uint8Array {
  const chosen = new Uint8Array(perClass.length)
  let left = peopleEach * count
  for (const c of permutation(fold(fold(rootKey(seed), purpose.pairs), CHOSEN), perClass.length)) {
    if (left === 0) break
    // Only a person with two pictures can give a pair of both kinds.
    if ((perClass[c] ?? 0) < 2) continue
    chosen[c] = 1
    left--
  }
  return chosen
}

/**
 * Lists the picture numbers of people, enough for `count` pairs of each kind. A small set takes part as a whole; of a large one, a
 * seeded choice of people and of their pictures does.
 */
export function choosePeople(
  collection: Collection,
  perClass: Uint32Array,
  count: number,
  seed: number,
): PersonImages[] {
  const possible = perClass.reduce((sum, pictures) => sum + (pictures * (pictures - 1)) / 2, 0)
  const isSmall = possible <= mostPairs && collection.images <= mostPairs
  const chosen = isSmall ? new Uint8Array(perClass.length).fill(1) : chooseClasses(perClass, count, seed)
  const people = new Map<number, number[]>()
  const seen = new Uint32Array(perClass.length)
  const random = createStream(fold(fold(rootKey(seed), purpose.pairs), CHOSEN + 1))
  for (let i = 0; i < collection.images; i++) {
    const c = collection.label(i)
    if (chosen[c] !== 1) continue
    const own = people.get(c) ?? []
    people.set(c, own)
    const before = seen[c] ?? 0
    seen[c] = before + 1
    if (isSmall || own.length < picturesEach) own.push(i)
    else {
      // Reservoir sampling: each picture of the person remains with the same probability.
      const at = random.integer(before + 1)
      if (at < picturesEach) own[at] = i
    }
  }
  return [...people.entries()].sort(([a], [b]) => a - b).map(([, own]) => own)
}
