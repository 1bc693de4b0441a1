/** Checks the labels of a packed set, as its records state them, against its number of classes. */
import type { Faults } from '../faults.ts'

/** The labels that were seen: all of them, or those of a sample. */
export interface SeenLabels {
  count: number
  least: number
  most: number
  /** The record with each, for messages: `record 17 of train.rec`. */
  leastAt: string
  mostAt: string
}

export function noLabels(): SeenLabels {
  return { count: 0, least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY, leastAt: '', mostAt: '' }
}

/** Notes the label of picture `i`, whose place `place(i)` is for messages. */
export function seeLabel(seen: SeenLabels, label: number, i: number, place: (i: number) => string): void {
  seen.count++
  if (label < seen.least) {
    seen.least = label
    seen.leastAt = place(i)
  }
  if (label > seen.most) {
    seen.most = label
    seen.mostAt = place(i)
  }
}

export interface ClassCount {
  readonly classes: number
  /** Where the number comes from, for messages: `property`. */
  readonly source: string
}

/** Notes labels that are not `first` … `first + classes - 1`, and labels that are all the same although there are several classes. */
export function checkLabels(seen: SeenLabels, first: number, { classes, source }: ClassCount, faults: Faults): void {
  const { count, least, most, leastAt, mostAt } = seen
  if (count === 0) return
  const last = first + classes - 1
  if (most > last || least < first) {
    const range = `${first} … ${last} for the ${classes} classes of ${source}`
    if (first === 0 && least === 1 && most === classes) {
      faults.add(
        `labels are expected to be ${range}, but they begin at 1 and end at ${classes} (${mostAt}): set first_label: 1 in the data set`,
      )
    } else if (most > last) {
      faults.add(`labels must be ${range}, but ${mostAt} has label ${most}`)
    }
    if (least < first) faults.add(`labels must be ${range}, but ${leastAt} has label ${least}`)
  }
  if (count > 1 && classes > 1 && least === most)
    faults.add(`all pictures have label ${least}: there is nothing to tell apart`)
}

/** More classes than this, and than 100 for each picture, are a mistake. */
const PLAUSIBLE_CLASSES = 1_000_000

/** Notes a number of classes that cannot be right for so few pictures. */
export function checkClasses({ classes, source }: ClassCount, pictures: number, faults: Faults): void {
  if (classes <= PLAUSIBLE_CLASSES || classes <= 100 * pictures) return
  faults.add(
    `${source} ${source === 'its labels' ? 'give' : 'gives'} ${classes} classes for ${pictures} pictures: is it damaged?`,
  )
}

/** The number of classes of a set that states it nowhere, from all of its labels. */
export function classesOf(seen: SeenLabels, first: number, faults: Faults): ClassCount {
  const { least, most } = seen
  if (least > first && seen.count > 0 && least !== most) {
    faults.add(
      `labels begin at ${least}, so that ${least - first === 1 ? 'one class has' : `${least - first} classes have`} no picture: set first_label: ${least} in the data set, or declare its identities`,
    )
  }
  return { classes: Math.max(0, most - first + 1), source: 'its labels' }
}
