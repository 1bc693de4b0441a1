/**
 * The classes of images whose labels are written as text: numbers are kept as they are and must be 0 … classes - 1; names are
 * numbered in natural order. Which of the two they are is declared (`labels`), or decided by the first label.
 */
import { naturally } from '../natural-order.ts'
import { u32Column } from './growing.ts'
import { sourceErrors } from './messages.ts'

export type LabelKind = 'numbers' | 'names'

/** What the field `labels` declares; `undefined` if the first label decides. */
export function declaredKind(labels: LabelKind | 'inferred'): LabelKind | undefined {
  return labels === 'inferred' ? undefined : labels
}

/** Why a label cannot be used, for people. */
export type LabelFault = string

export interface ClassNumbers {
  /** Adds the label of the next image, `source[start … end]` as UTF-8; returns what is wrong with it instead, if anything. */
  add(source: Uint8Array, start: number, end: number): LabelFault | undefined
  /** Adds the label of the next image as a text. */
  addText(label: string): LabelFault | undefined
  /** Adds the label of the next image as a number. */
  addNumber(label: number): LabelFault | undefined
  /** Labels 0 … classes - 1 of all images. Throws ARC6293 if numbers do not cover that range; `file` is for the message. */
  finish(file: string): ClassLabels
  /** The same where the names of all classes are known: numbers are places in `names`, which the caller has checked. */
  finishNamed(names: readonly string[]): ClassLabels
}

export interface ClassLabels {
  readonly labels: Uint32Array<SharedArrayBuffer>
  readonly classes: number
  /** Names in the order of their classes, if the labels are names. */
  readonly people?: readonly string[]
}

const [ZERO, NINE, POINT, MINUS, SPACE] = [0x30, 0x39, 0x2e, 0x2d, 0x20]
/** Class numbers are u32, and one value is reserved for images that are left out. */
const mostLabel = 2 ** 32 - 2
/** A `Map` holds no more. */
const mostNames = 2 ** 24 - 1

/**
 * The whole number that bytes write in decimal, with `.000` as MXNet's `im2rec` writes it if at all; NaN for anything else, and
 * infinite if it is negative or too large.
 */
export function wholeNumber(source: Uint8Array, start: number, end: number): number {
  let i = start
  const negative = source[i] === MINUS
  if (negative) i++
  if (i === end) return Number.NaN
  let value = 0
  const digitsFrom = i
  for (; i < end; i++) {
    const c = source[i] ?? 0
    if (c < ZERO || c > NINE) break
    value = value * 10 + (c - ZERO)
  }
  if (i === digitsFrom) return Number.NaN
  if (i < end) {
    if (source[i] !== POINT || i + 1 === end) return Number.NaN
    for (i++; i < end; i++) if (source[i] !== ZERO) return Number.NaN
  }
  if (negative && value > 0) return Number.NEGATIVE_INFINITY
  return value > mostLabel ? Number.POSITIVE_INFINITY : value
}

const encoder = new TextEncoder()
const show = (source: Uint8Array, start: number, end: number) =>
  JSON.stringify(Buffer.from(source.subarray(start, Math.min(end, start + 40))).toString('utf8'))

/** `capacity`: the number of images that is expected. */
export function createClassNumbers(declared?: LabelKind, capacity?: number): ClassNumbers {
  const numbers = u32Column(capacity)
  const names = createNames()
  let kind = declared
  const add = (source: Uint8Array, from: number, to: number): LabelFault | undefined => {
    let [start, end] = [from, to]
    while (start < end && source[start] === SPACE) start++
    while (end > start && source[end - 1] === SPACE) end--
    if (start === end) return 'the label is empty'
    if (kind === 'names') return names.add(source, start, end, numbers.add)
    const value = wholeNumber(source, start, end)
    if (kind === undefined) {
      const odd = Number.isNaN(value) ? oddLabel(Buffer.from(source.subarray(start, end)).toString('utf8')) : undefined
      if (odd !== undefined) return odd
      kind = Number.isNaN(value) ? 'names' : 'numbers'
      if (kind === 'names') return names.add(source, start, end, numbers.add)
    }
    if (Number.isNaN(value)) return `the label ${show(source, start, end)} is not a whole number`
    if (!Number.isFinite(value)) return `the label ${show(source, start, end)} is not in 0 … ${mostLabel}`
    numbers.add(value)
    return undefined
  }
  const addText = (label: string) => {
    const bytes = encoder.encode(label)
    return add(bytes, 0, bytes.length)
  }
  return {
    add,
    addText,
    addNumber(label) {
      if (kind === 'names') return addText(String(label))
      if (!Number.isInteger(label)) return `the label ${label} is not a whole number`
      if (label < 0 || label > mostLabel) return `the label ${label} is not in 0 … ${mostLabel}`
      kind = 'numbers'
      numbers.add(label)
      return undefined
    },
    finish(file) {
      const labels = numbers.values()
      if (kind !== 'names') return { labels, classes: denseClasses(labels, file) }
      const { order, people } = names.sorted()
      for (let i = 0; i < labels.length; i++) labels[i] = order[labels[i] ?? 0] ?? 0
      return { labels, classes: people.length, people }
    },
    finishNamed: (people) => ({ labels: numbers.values(), classes: people.length, people }),
  }
}

/** The number of classes if every number from 0 to the largest occurs; otherwise throws ARC6293. */
function denseClasses(labels: Uint32Array, file: string): number {
  let [smallest, largest] = [Number.POSITIVE_INFINITY, -1]
  // Loops over numbers: iterators take several times as long.
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? 0
    if (label < smallest) smallest = label
    if (label > largest) largest = label
  }
  const classes = largest + 1
  if (classes === 0) return 0
  const used = Math.min(classes, labels.length)
  const seen = new Uint8Array(used)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? 0
    if (label < used) seen[label] = 1
  }
  const gap = seen.indexOf(0)
  const missing = gap >= 0 ? gap : used < classes ? used : undefined
  if (missing !== undefined) throw sourceErrors('ARC6293', { file, smallest, largest, missing })
  return classes
}

/** Why a text, the first label, is hardly a name: a number that is not whole, or what programs write for a missing value. */
function oddLabel(text: string): LabelFault | undefined {
  if (/^[+-]?\d*\.\d+(e[+-]?\d+)?$|^[+-]\d+$/i.test(text))
    return `the label ${JSON.stringify(text)} is not a whole number`
  if (/^(nan|null|none|n\/a|<na>)$/i.test(text)) return `the label ${JSON.stringify(text)} stands for a missing one`
  return undefined
}

/** Numbers names in the order of their first appearance, and sorts them at the end. */
function createNames() {
  const known = new Map<string, number>()
  // Lists are mostly sorted by person, so the last name usually comes again.
  let last = new Uint8Array(0)
  let lastNumber = -1
  return {
    add(source: Uint8Array, start: number, end: number, put: (value: number) => void): LabelFault | undefined {
      let same = lastNumber >= 0 && end - start === last.length
      for (let i = 0; same && i < last.length; i++) same = source[start + i] === last[i]
      if (!same) {
        for (let i = start; i < end; i++) if ((source[i] ?? 0) < SPACE) return 'the label has a control character'
        const name = Buffer.from(source.subarray(start, end)).toString('utf8')
        const number = known.get(name) ?? known.size
        if (number === mostNames) return `more than ${mostNames} different names of classes`
        known.set(name, number)
        last = source.slice(start, end)
        lastNumber = number
      }
      put(lastNumber)
      return undefined
    },
    sorted() {
      const people = [...known.keys()].sort(naturally)
      const order = new Uint32Array(people.length)
      for (const [place, name] of people.entries()) order[known.get(name) ?? 0] = place
      return { order, people }
    },
  }
}
