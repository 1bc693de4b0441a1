/** Draws verification pairs from people: which images are compared, seeded and balanced. */

import { createStream, fold, type Key, permutation, purpose, rootKey } from '../random.ts'
import { dataErrors } from './messages.ts'

/** The image numbers of one person. */
export type PersonImages = readonly number[]

/** Number of different pairs of each kind that these people provide. */
export function pairCapacity(people: readonly PersonImages[]): { readonly same: number; readonly different: number } {
  const total = people.reduce((sum, person) => sum + person.length, 0)
  const same = people.reduce((sum, person) => sum + (person.length * (person.length - 1)) / 2, 0)
  return { same, different: (total * (total - 1)) / 2 - same }
}

/** The i-th of the n·(n-1)/2 pairs (a, b), a < b, in the order (0,1), (0,2), (1,2), (0,3), … */
function unorderedPair(i: number): readonly [number, number] {
  let b = Math.floor((1 + Math.sqrt(1 + 8 * i)) / 2)
  while ((b * (b - 1)) / 2 > i) b--
  while ((b * (b + 1)) / 2 <= i) b++
  return [i - (b * (b - 1)) / 2, b]
}

type Pair = readonly [number, number]

/** Takes one pair from each person in turn, so that no one is used twice before everyone has been used once. */
function samePairs(people: readonly PersonImages[], count: number, key: Key): Pair[] {
  const queues = people.map((person, p) => permutation(fold(key, p), (person.length * (person.length - 1)) / 2))
  const turns = permutation(fold(key, people.length), people.length)
  const found: Pair[] = []
  for (let round = 0; found.length < count; round++) {
    for (const p of turns) {
      const choice = queues[p]?.[round]
      const person = people[p]
      if (choice === undefined || person === undefined) continue
      const [a, b] = unorderedPair(choice)
      found.push([person[a] ?? 0, person[b] ?? 0])
      if (found.length === count) break
    }
  }
  return found
}

/** Pairs each person in turn with another one; no pair of images occurs twice. */
function differentPairs(people: readonly PersonImages[], count: number, key: Key): Pair[] {
  const random = createStream(key)
  const used = new Set<string>()
  const found: Pair[] = []
  const turns = permutation(fold(key, 1), people.length)
  const add = (a: number, b: number) => {
    const name = a < b ? `${a} ${b}` : `${b} ${a}`
    if (used.has(name)) return
    used.add(name)
    found.push([a, b])
  }
  const pick = (person: PersonImages) => person[random.integer(person.length)] ?? 0
  // Random sampling finds pairs quickly while most are unused; if nearly all pairs of a small set are requested, they are listed
  // instead.
  const tries = 20 * count
  for (let i = 0; found.length < count && i < tries; i++) {
    const p = turns[i % turns.length] ?? 0
    const other = (p + 1 + random.integer(people.length - 1)) % people.length
    const [first, second] = [people[p], people[other]]
    if (first !== undefined && second !== undefined && first.length > 0 && second.length > 0)
      add(pick(first), pick(second))
  }
  if (found.length < count) {
    const flat = people.flatMap((person, p) => person.map((image) => ({ p, image })))
    for (const i of permutation(fold(key, 2), (flat.length * (flat.length - 1)) / 2)) {
      const [a, b] = unorderedPair(i)
      const [first, second] = [flat[a], flat[b]]
      if (first !== undefined && second !== undefined && first.p !== second.p) add(first.image, second.image)
      if (found.length === count) break
    }
  }
  return found
}

/**
 * Draws `count` pairs of each kind, seeded, spread evenly over the people. Same and different alternate, so that any contiguous
 * fold has equal numbers of both. Throws ARC6207 if there are not enough images; `set` names the set.
 */
export function drawPairs(
  people: readonly PersonImages[],
  count: number,
  seed: number,
  set: string,
): { readonly pairs: Int32Array; readonly same: Uint8Array } {
  const capacity = pairCapacity(people)
  if (count > capacity.same) throw dataErrors('ARC6207', { set, what: 'same', asked: count, most: capacity.same })
  if (count > capacity.different) {
    throw dataErrors('ARC6207', { set, what: 'different', asked: count, most: capacity.different })
  }
  const key = fold(rootKey(seed), purpose.pairs)
  const same = samePairs(people, count, fold(key, 0))
  const different = differentPairs(people, count, fold(key, 1))
  const pairs = same.flatMap((pair, i) => [...pair, ...(different[i] ?? [])])
  return {
    pairs: Int32Array.from(pairs),
    same: Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 1 : 0)),
  }
}
