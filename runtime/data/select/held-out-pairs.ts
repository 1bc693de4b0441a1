/** Verification pairs of the people that a data set holds out. */

import type { MixedImages } from '../collection.ts'
import { drawPairs } from '../draw-pairs.ts'
import type { ImageShape } from '../image.ts'
import type { PairSet } from '../pairs.ts'
import { selectedPictures } from './selected-pictures.ts'
import type { Selection } from './selection.ts'

/** `count` same and `count` different pairs. Each image that a pair uses is stored once. Throws ARC6207 if there are too few. */
export function heldOutPairs(heldOut: Selection, count: number, seed: number, shape: ImageShape): PairSet {
  const people: number[][] = Array.from({ length: heldOut.classes }, () => [])
  for (let i = 0; i < heldOut.images; i++) people[heldOut.label(i)]?.push(i)
  const name = `held-out people of ${heldOut.name}`
  const drawn = drawPairs(people, count, seed, name)
  const used = [...new Set(drawn.pairs)].sort((a, b) => a - b)
  const renumbered = new Map(used.map((old, i) => [old, i]))
  const selection: Selection = {
    ...heldOut,
    images: used.length,
    numberOf: (i) => heldOut.numberOf(used[i] ?? 0),
    label: (i) => heldOut.label(used[i] ?? 0),
  }
  const pairs = drawn.pairs.map((old) => renumbered.get(old) ?? 0)
  return { ...selectedPictures(selection, shape), name, pairs, same: drawn.same, recipe: recipeOf(selection) }
}

/** The images of a selection by their numbers in it. */
function recipeOf({ recipe, images, numberOf }: Selection): MixedImages {
  const index = new Uint32Array(new SharedArrayBuffer(4 * images))
  for (let i = 0; i < images; i++) index[i] = numberOf(i)
  return { kind: 'mixed', parts: [recipe], part: new Uint16Array(new SharedArrayBuffer(2 * images)), index }
}
