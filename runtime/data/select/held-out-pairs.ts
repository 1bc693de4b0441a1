/** Verification pairs of the people that a data set holds out. */
import { type MixedImages, selectedNumber } from '../collection.ts'
import { drawPairs } from '../draw-pairs.ts'
import type { PairSet } from '../pairs.ts'
import type { Selection } from './selection.ts'

/** `count` same and `count` different pairs. Each image that a pair uses is stored once. Throws ARC6207 if there are too few. */
export function heldOutPairs(heldOut: Selection, count: number, seed: number): PairSet {
  const people: number[][] = Array.from({ length: heldOut.classes }, () => [])
  for (let i = 0; i < heldOut.images; i++) people[heldOut.label(i)]?.push(i)
  const name = `held-out people of ${heldOut.name}`
  const drawn = drawPairs(people, count, seed, name)
  return selectedPairs(name, heldOut, drawn)
}

/** Pairs of images of a selection, of which only those in pairs are kept, numbered anew in their order. */
export function selectedPairs(
  name: string,
  selection: Pick<Selection, 'recipe' | 'select'>,
  drawn: Pick<PairSet, 'pairs' | 'same'>,
): PairSet {
  const used = [...new Set(drawn.pairs)].sort((a, b) => a - b)
  const renumbered = new Map(used.map((old, i) => [old, i]))
  const pairs = drawn.pairs.map((old) => renumbered.get(old) ?? 0)
  return { name, recipe: recipeOf(selection, used), images: used.length, pairs, same: drawn.same }
}

/** Some images of a selection, numbered anew. */
function recipeOf({ recipe, select }: Pick<Selection, 'recipe' | 'select'>, used: readonly number[]): MixedImages {
  const index = new Uint32Array(new SharedArrayBuffer(4 * used.length))
  index.set(used.map((i) => selectedNumber(select, i)))
  return { kind: 'mixed', parts: [recipe], part: new Uint16Array(new SharedArrayBuffer(2 * used.length)), index }
}
