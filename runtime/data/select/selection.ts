/** Images of some classes of a collection, with numbers of their own: those for training, and those that are held out. */
import type { Collection, ImageRecipe } from '../collection.ts'
import { dataErrors } from '../messages.ts'

export interface Selection {
  readonly name: string
  readonly recipe: ImageRecipe
  readonly images: number
  readonly classes: number
  /** The number in the recipe of image `i` of the selection. */
  numberOf(i: number): number
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

function between(
  collection: Collection,
  [from, to]: readonly [number, number],
  firstClass: number,
  classes: number,
): Selection {
  const { name, recipe, label } = collection
  return {
    name,
    recipe,
    images: to - from,
    classes,
    numberOf: (i) => from + i,
    label: (i) => label(from + i) - firstClass,
  }
}

function listed(collection: Collection, numbers: Uint32Array, firstClass: number, classes: number): Selection {
  const { name, recipe, label } = collection
  const numberOf = (i: number) => numbers[i] ?? 0
  return { name, recipe, images: numbers.length, classes, numberOf, label: (i) => label(numberOf(i)) - firstClass }
}

/** Holds the last `holdout` classes of a collection out. Throws ARC6203 if none would remain for training. */
export function splitCollection(collection: Collection, holdout: number): Split {
  const { name, images, classes, label } = collection
  if (holdout === 0) return { train: between(collection, [0, images], 0, classes) }
  if (holdout >= classes) throw dataErrors('ARC6203', { set: name, people: classes, holdout })
  const first = classes - holdout
  const start = sortedStart(collection, first)
  if (start !== undefined) {
    return {
      train: between(collection, [0, start], 0, first),
      heldOut: between(collection, [start, images], first, holdout),
    }
  }
  const train = new Uint32Array(images)
  const heldOut: number[] = []
  let count = 0
  for (let i = 0; i < images; i++) {
    if (label(i) < first) train[count++] = i
    else heldOut.push(i)
  }
  return {
    train: listed(collection, train.subarray(0, count), 0, first),
    heldOut: listed(collection, Uint32Array.from(heldOut), first, holdout),
  }
}
