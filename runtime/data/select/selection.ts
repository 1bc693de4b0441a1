/** Images of some classes of a collection, with numbers of their own: those for training, and those that are held out. */
import { type Collection, type ImageRecipe, type ImageSelection, selectedNumber } from '../collection.ts'
import { dataErrors } from '../messages.ts'

export interface Selection {
  readonly name: string
  readonly recipe: ImageRecipe
  /** The images of the recipe, in order. */
  readonly select: ImageSelection
  readonly images: number
  readonly classes: number
  /** The class of image `i`: 0 … classes - 1. */
  label(i: number): number
}

export interface Split {
  readonly train: Selection
  /** The last classes of the collection; missing if none are held out. */
  readonly heldOut?: Selection
}

/** The number of images before the first one of the classes from `first` on, if no image of another class comes after it. */
function sortedStart({ images, label }: Collection, first: number): number | undefined {
  let start = 0
  while (start < images && label(start) < first) start++
  for (let i = start; i < images; i++) if (label(i) < first) return undefined
  return start
}

/** The images of a collection that `select` names, whose classes are `classes` from `firstClass` on. */
function selected(
  { name, recipe, label }: Collection,
  select: ImageSelection,
  images: number,
  [firstClass, classes]: readonly [number, number],
): Selection {
  return { name, recipe, select, images, classes, label: (i) => label(selectedNumber(select, i)) - firstClass }
}

/** Holds the last `holdout` classes of a collection out. Throws ARC6203 if none would remain for training. */
export function splitCollection(collection: Collection, holdout: number): Split {
  const { name, images, classes, label } = collection
  if (holdout === 0) return { train: selected(collection, { from: 0 }, images, [0, classes]) }
  if (holdout >= classes) throw dataErrors('ARC6203', { set: name, people: classes, holdout })
  const first = classes - holdout
  const start = sortedStart(collection, first)
  if (start !== undefined) {
    return {
      train: selected(collection, { from: 0 }, start, [0, first]),
      heldOut: selected(collection, { from: start }, images - start, [first, holdout]),
    }
  }
  let count = 0
  for (let i = 0; i < images; i++) if (label(i) < first) count++
  const train = new Uint32Array(new SharedArrayBuffer(4 * count))
  const heldOut = new Uint32Array(new SharedArrayBuffer(4 * (images - count)))
  for (let i = 0, trained = 0; i < images; i++) {
    if (label(i) < first) train[trained++] = i
    else heldOut[i - trained] = i
  }
  return {
    train: selected(collection, { list: train }, train.length, [0, first]),
    heldOut: selected(collection, { list: heldOut }, heldOut.length, [first, holdout]),
  }
}
