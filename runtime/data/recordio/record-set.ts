/**
 * Opens a packed set: the places and classes of all pictures, checked before anything is trained.
 *
 * Labels stand in the records. Up to a million pictures, all of their records are looked at. Beyond that, a spread of records is, and
 * the classes come from identity records where the set has them; otherwise the label of a picture is read when it is needed. The
 * labels of a set that does not state its number of classes, or that holds out classes, are all read once, and kept.
 */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { rangeAt } from '../class-ranges.ts'
import type { Collection, LeftOut, RecordImages } from '../collection.ts'
import { createFaults, type Faults } from '../faults.ts'
import type { ScanWatcher } from '../scan-progress.ts'
import { findParts } from './find-parts.ts'
import { type ClassCount, checkClasses, checkLabels, classesOf, noLabels } from './labels.ts'
import { classInRanges, closePart, examinePart, type OpenPart, openPart } from './open-part.ts'
import { createLabelReader } from './read-label.ts'

/** All records of sets up to this size are looked at. */
const SMALL_SET = 2 ** 20
/** How many classes without a picture are named. */
const NAMED = 3

export interface RecordSetSpec {
  /** The folder, or one `.rec` file. */
  readonly root: string
  /** The number of classes that the experiment declares. */
  readonly declared: number | undefined
  /** The label of class 0. */
  readonly firstLabel: number
  /** Whether the classes of all pictures are needed at once. */
  readonly allLabels?: boolean
}

/** The number of classes in `property`, a text such as `85742,112,112`, or else in the experiment. */
function statedClasses(folder: string, declared: number | undefined, faults: Faults): ClassCount | undefined {
  let text: string | undefined
  try {
    text = readFileSync(join(folder, 'property'), 'latin1')
  } catch {
    // It is optional: im2rec does not write it.
  }
  if (text !== undefined) {
    const first = (text.split(',')[0] ?? '').trim()
    const classes = /^\d{1,10}$/.test(first) ? Number(first) : 0
    if (classes > 0) return { classes, source: 'property' }
    faults.add(
      `property does not begin with the number of classes, as in "85742,112,112", but with ${JSON.stringify(first.slice(0, 20))}; correct or remove it`,
    )
  }
  return declared === undefined ? undefined : { classes: declared, source: 'the experiment' }
}

/** The recipe of all parts together. */
function recipeOf(parts: readonly OpenPart[]): RecordImages {
  const files = parts.map(({ part }) => part.recordPath)
  const [first] = parts
  if (first !== undefined && parts.length === 1) {
    const { offsets, firstKey, keys } = first.index
    return { kind: 'records', files, offsets, ...(keys === undefined ? { firstKey } : {}) }
  }
  const count = parts.reduce((sum, { index }) => sum + index.offsets.length, 0)
  const offsets = new Float64Array(new SharedArrayBuffer(8 * count))
  const file = new Uint16Array(new SharedArrayBuffer(2 * count))
  let at = 0
  for (const [number, { index }] of parts.entries()) {
    offsets.set(index.offsets, at)
    file.fill(number, at, at + index.offsets.length)
    at += index.offsets.length
  }
  return { kind: 'records', files, offsets, file }
}

/** The classes without a picture, where all labels are known without reading. */
function emptyClasses(parts: readonly OpenPart[], classes: number, firstLabel: number): readonly LeftOut[] {
  const used = new Uint8Array(classes)
  for (const { index } of parts) {
    const { labels, classStarts } = index
    if (labels !== undefined) for (let i = 0; i < labels.length; i++) used[(labels[i] ?? 0) - firstLabel] = 1
    else if (classStarts === undefined) return []
    else {
      for (let c = 0; c + 1 < classStarts.length; c++) {
        // Equal starts may be rounded.
        if ((classStarts[c + 1] ?? 0) > (classStarts[c] ?? 0) || (classStarts[c] ?? 0) > 2 ** 24) used[c] = 1
      }
    }
  }
  const empty: string[] = []
  let count = 0
  for (let c = 0; c < classes; c++) if (used[c] === 0 && count++ < NAMED) empty.push(`${c}`)
  if (count === 0) return []
  const what = count === 1 ? `class ${empty[0]}, which has no picture` : `${count} classes without a picture`
  return [{ what, count, examples: empty }]
}

/** The records of files that their indexes do not list. */
function unlisted(parts: readonly OpenPart[]): readonly LeftOut[] {
  return parts.flatMap(({ index: { restAt }, part: { recordPath, indexPath } }) => {
    if (restAt === undefined) return []
    const file = basename(recordPath)
    const what = `the records of ${file} from byte ${restAt} on, which ${basename(indexPath ?? file)} does not list`
    return [{ what, count: 1, examples: [file] }]
  })
}

/**
 * Whether every label must be read: those of sets that are small, that state their number of classes nowhere, or whose classes are
 * needed at once and stand nowhere else. Labels that an earlier start has read cost nothing.
 */
function needsLabels(parts: readonly OpenPart[], stated: ClassCount | undefined, allLabels: boolean): boolean {
  const pictures = parts.reduce((sum, { index }) => sum + index.offsets.length, 0)
  if (pictures <= SMALL_SET || parts.every(({ index }) => index.labels !== undefined)) return true
  if (allLabels && parts.some(({ index }) => index.classStarts === undefined)) return true
  return stated === undefined && (parts.length > 1 || parts[0]?.index.classStarts === undefined)
}

/** Looks at the records of all parts; returns the number of classes. */
function examine(
  parts: readonly OpenPart[],
  stated: ClassCount | undefined,
  { firstLabel, allLabels = false }: RecordSetSpec,
  faults: Faults,
  watcher: ScanWatcher | undefined,
): ClassCount {
  const look = (all: boolean) => {
    const seen = noLabels()
    for (const part of parts) examinePart(part, { all, firstLabel, seen, faults, watcher })
    return seen
  }
  let all = needsLabels(parts, stated, allLabels)
  let seen = look(all)
  // Identity records that were not to be trusted are gone by now.
  if (!all && !faults.any && needsLabels(parts, stated, allLabels)) {
    all = true
    seen = look(all)
  }
  if (stated === undefined && all) {
    const counted = classesOf(seen, firstLabel, faults)
    checkLabels(seen, firstLabel, counted, faults)
    return counted
  }
  const ranges = (parts[0]?.index.classStarts?.length ?? 1) - 1
  const counted = stated ?? { classes: ranges, source: 'its identity records' }
  checkLabels(seen, firstLabel, counted, faults)
  return counted
}

/**
 * All pictures of a packed set. Throws ARC6242 if there is no record file, ARC6206 if a file cannot be read, and ARC6240 with
 * everything else that is wrong. Where a label must be read, `label(i)` throws ARC6222 if it is not one of the classes.
 */
export function openRecordSet(spec: RecordSetSpec, watcher?: ScanWatcher): Collection {
  const { root, declared, firstLabel } = spec
  const found = findParts(root)
  const faults = createFaults(root)
  const stated = statedClasses(found.folder, declared, faults)
  const parts: OpenPart[] = []
  let isSound = false
  try {
    for (const part of found.parts) parts.push(openPart(part, faults, watcher))
    const counted = examine(parts, stated, spec, faults, watcher)
    const recipe = recipeOf(parts)
    if (recipe.offsets.length === 0) faults.add('it has no pictures')
    checkClasses(counted, recipe.offsets.length, faults)
    faults.throwIfAny()
    isSound = true
    return collectionOf(root, parts, recipe, counted.classes, firstLabel, found.leftOut)
  } finally {
    for (const part of parts) closePart(part, isSound)
  }
}

function collectionOf(
  name: string,
  parts: readonly OpenPart[],
  recipe: RecordImages,
  classes: number,
  firstLabel: number,
  leftOut: readonly LeftOut[],
): Collection {
  const indexes = parts.map(({ index }) => index)
  const firsts = [0]
  for (const { offsets } of indexes) firsts.push((firsts.at(-1) ?? 0) + offsets.length)
  const range = { first: firstLabel, classes }
  const readLabel = createLabelReader(recipe, range)
  const found = indexes.some(({ labels }) => labels === undefined)
    ? new Uint32Array(new SharedArrayBuffer(4 * recipe.offsets.length))
    : undefined
  return {
    name,
    images: recipe.offsets.length,
    classes,
    label(i) {
      const number = indexes.length === 1 ? 0 : rangeAt(firsts, i)
      const index = indexes[number]
      const within = i - (firsts[number] ?? 0)
      const known = index?.labels?.[within]
      if (known !== undefined) return known - firstLabel
      const listed = index && classInRanges(index, within)
      if (listed !== undefined) return listed
      const read = found?.[i] ?? 0
      return read > 0 ? read - 1 : readLabel(i)
    },
    recipe: found === undefined ? recipe : { ...recipe, labels: { ...range, found } },
    leftOut: [...leftOut, ...unlisted(parts), ...emptyClasses(parts, classes, firstLabel)],
  }
}
