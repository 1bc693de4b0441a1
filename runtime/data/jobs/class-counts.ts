/** The classes of a collection: how many pictures each has. */
import { ArccError } from '../../errors.ts'
import type { Collection } from '../collection.ts'

/** A label that could not be read or is out of range. */
export interface LabelFault {
  readonly image: number
  readonly reason: string
}

export interface ClassCounts {
  /** Pictures of each class, u32[classes]. */
  readonly perClass: Uint32Array
  readonly faults: number
  /** The first faults. */
  readonly examples: readonly LabelFault[]
}

const mostExamples = 20

/** The class of a picture, or what is wrong with its label. */
export function labelOf(collection: Collection, image: number): number | string {
  try {
    const label = collection.label(image)
    if (Number.isInteger(label) && label >= 0 && label < collection.classes) return label
    return `its label is ${label}, but the classes are 0 to ${collection.classes - 1}`
  } catch (error) {
    if (error instanceof ArccError) return error.message
    throw error
  }
}

/** Reads every label; a fault does not end the count. */
export function countClasses(collection: Collection): ClassCounts {
  const perClass = new Uint32Array(collection.classes)
  const examples: LabelFault[] = []
  let faults = 0
  for (let image = 0; image < collection.images; image++) {
    const label = labelOf(collection, image)
    if (typeof label === 'number') perClass[label] = (perClass[label] ?? 0) + 1
    else if (faults++ < mostExamples) examples.push({ image, reason: label })
  }
  return { perClass, faults, examples }
}

/** How the sizes of the classes are distributed; classes without a picture are counted apart. */
export interface ClassSizes {
  readonly classes: number
  readonly empty: number
  /** The first classes without a picture. */
  readonly emptyExamples: readonly number[]
  readonly smallest: { readonly class: number; readonly images: number }
  readonly largest: { readonly class: number; readonly images: number }
  readonly mean: number
  /** Pictures of the class below which this share of the classes with pictures lies. */
  readonly quantiles: {
    readonly p05: number
    readonly p25: number
    readonly p50: number
    readonly p75: number
    readonly p95: number
  }
  /** Number of classes with `from` … `to` pictures; the ranges double. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly classes: number }[]
}

const fewEmpty = 20

export function classSizes(perClass: Uint32Array): ClassSizes {
  const sorted = perClass.filter((images) => images > 0).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const empty: number[] = []
  let smallest = { class: 0, images: Number.POSITIVE_INFINITY }
  let largest = { class: 0, images: 0 }
  let total = 0
  const histogram: { from: number; to: number; classes: number }[] = []
  for (const [number, images] of perClass.entries()) {
    total += images
    if (images === 0) {
      if (empty.length < fewEmpty) empty.push(number)
      continue
    }
    if (images < smallest.images) smallest = { class: number, images }
    if (images > largest.images) largest = { class: number, images }
    const power = Math.floor(Math.log2(images))
    for (let p = histogram.length; p <= power; p++) histogram.push({ from: 2 ** p, to: 2 ** (p + 1) - 1, classes: 0 })
    const range = histogram[power]
    if (range !== undefined) range.classes++
  }
  const first = histogram.findIndex(({ classes }) => classes > 0)
  return {
    classes: perClass.length,
    empty: perClass.length - sorted.length,
    emptyExamples: empty,
    smallest: sorted.length === 0 ? { class: 0, images: 0 } : smallest,
    largest,
    mean: sorted.length === 0 ? 0 : total / sorted.length,
    quantiles: { p05: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) },
    histogram: first < 0 ? [] : histogram.slice(first),
  }
}
