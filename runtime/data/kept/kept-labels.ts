/** Labels with the names of their classes and with what was left out, in the form in which lists are kept. */
import type { LeftOut } from '../collection.ts'
import type { ClassLabels } from '../sources/class-numbers.ts'
import type { Numbers } from './array-file.ts'
import { type Fact, type KeptList, keepList, keptList, type ListKey, originOf } from './kept-lists.ts'
import { keptTable, tableOf, textsOf } from './text-arrays.ts'

export interface ListedLabels extends ClassLabels {
  readonly leftOut: readonly LeftOut[]
}

export function leftOutToKeep(leftOut: readonly LeftOut[]): Fact {
  return leftOut.map(({ what, count, examples }) => ({ what, count, examples }))
}

/** What was left out; `undefined` if the fact says something else. */
export function keptLeftOut(leftOut: Fact | undefined): readonly LeftOut[] | undefined {
  return Array.isArray(leftOut) ? leftOut.filter(isLeftOut) : undefined
}

/** The facts and arrays of labels; `more` arrays are kept beside them. */
function labelsToKeep(
  { labels, classes, people, leftOut }: ListedLabels,
  more: { readonly [name: string]: Numbers },
  facts: { readonly [name: string]: Fact },
): KeptList {
  const names = people && tableOf(people)
  return {
    facts: { ...facts, classes, leftOut: leftOutToKeep(leftOut) },
    arrays: { ...more, labels, ...(names === undefined ? {} : { names: names.bytes, nameStarts: names.starts }) },
  }
}

function isLeftOut(value: Fact): value is { readonly [name: string]: Fact } & LeftOut {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return 'what' in value && 'count' in value && 'examples' in value
}

/** The labels of a kept list; `undefined` if it has none. */
function keptLabels({ facts, arrays }: KeptList): ListedLabels | undefined {
  const { labels, names, nameStarts } = arrays
  const { classes } = facts
  const leftOut = keptLeftOut(facts.leftOut)
  if (!(labels instanceof Uint32Array) || typeof classes !== 'number' || leftOut === undefined) return undefined
  const table = keptTable(names, nameStarts)
  return {
    labels,
    classes,
    leftOut,
    ...(table === undefined ? {} : { people: textsOf(table) }),
  }
}

/** How a list with labels is found again, or read. */
export interface LabeledList<L extends ClassLabels> {
  readonly key: ListKey
  /** The files on which it depends. */
  readonly files: readonly string[]
  /** Fewer images are listed again as quickly. */
  readonly least: number
  read(): L
  /** What is kept beside the labels and what was left out. */
  rest(list: L): KeptList
  /** The list of kept labels and the rest; `undefined` if that is not whole. */
  restore(labels: ListedLabels, rest: KeptList): L | undefined
}

/** A list as an earlier start has kept it, or else as its files have it; it is kept for the next start then. */
export function keptOrRead<L extends ClassLabels & Partial<ListedLabels>>(of: LabeledList<L>): L {
  const { key, files, least } = of
  // From before the files are read, so that a change meanwhile counts.
  const origin = originOf(files)
  const kept = keptList(key, origin)
  const labels = kept && keptLabels(kept)
  const known = labels && of.restore(labels, kept)
  if (known !== undefined) return known
  const list = of.read()
  if (list.labels.length >= least) {
    const { facts, arrays } = of.rest(list)
    keepList(key, origin, labelsToKeep({ leftOut: [], ...list }, arrays, facts))
  }
  return list
}
