/**
 * The class map: which old center each class of the data set keeps. A text file with lines `class,old class`; a class is given by its
 * name or its number, an old class by its number, and `none` means a new center. `*,none` stands for all classes without a line.
 */

import type { Separator } from '../data/collection.ts'
import { fieldText, lineFields, splitLine } from '../data/list/list-line.ts'
import { readWhole } from '../data/read-whole.ts'
import { ArccError } from '../errors.ts'
import { startErrors } from './messages.ts'

export interface ClassMap {
  /** The old class of each class, -1 for a new center. */
  readonly old: Int32Array
  readonly kept: number
  /** Old classes that no class keeps. */
  readonly dropped: number
}

/** Every class keeps the center of its number. */
export function sameClasses(classes: number): ClassMap {
  return { old: Int32Array.from({ length: classes }, (_, i) => i), kept: classes, dropped: 0 }
}

/** Every class gets a new center. */
export function newClasses(classes: number): ClassMap {
  return { old: new Int32Array(classes).fill(-1), kept: 0, dropped: 0 }
}

export interface MapClasses {
  /** Classes of the data set. */
  readonly classes: number
  /** Their names in order, if the data set has names. */
  readonly names: readonly string[] | undefined
  /** Classes that have centers in the weights. */
  readonly old: number
}

/** Largest file, in bytes: lines for tens of millions of classes. */
const MOST_BYTES = 2 ** 30
/** More faults are counted, but not listed. */
const SHOWN = 12

const UNSET = -2
const NEW = -1

/** Throws ARC6760 if the file cannot be read, ARC6768 with all faults. */
export async function readClassMap(path: string, sizes: MapClasses): Promise<ClassMap> {
  const bytes = await readWhole(path, MOST_BYTES).catch((error: unknown) => {
    const reason = error instanceof ArccError ? error.params.reason : undefined
    if (typeof reason !== 'string') throw error
    throw startErrors('ARC6760', { file: path, reason }, error)
  })
  return parseClassMap(bytes, path, sizes)
}

/** Throws ARC6768 with all faults. */
export function parseClassMap(bytes: Uint8Array, path: string, sizes: MapClasses): ClassMap {
  const { classes } = sizes
  const old = new Int32Array(classes).fill(UNSET)
  /** The class that keeps each old center, plus 1. */
  const keeper = new Uint32Array(sizes.old)
  const faults: string[] = []
  let faulty = 0
  const fault = (text: string) => {
    if (faulty++ < SHOWN) faults.push(text)
  }
  let others = false
  const numberOf = classNumbers(sizes)

  const addLine = (given: string, from: string, at: string) => {
    const isNew = /^none$/i.test(from)
    if (given === '*') {
      if (isNew) others = true
      else fault(`${at}: \`*\` can only have new centers, \`*,none\``)
      return
    }
    const number = numberOf(given)
    const source = isNew ? NEW : wholeNumber(from)
    if (typeof number === 'string') fault(`${at}: ${number}`)
    else if (source === undefined) fault(`${at}: "${shown(from)}" is neither the number of an old class nor \`none\``)
    else if (source >= sizes.old) fault(`${at}: there is no old class ${source}: they are 0 to ${sizes.old - 1}`)
    else if (old[number] !== UNSET) fault(`${at}: class ${shown(given)} has a line already`)
    else if (source >= 0 && keeper[source] !== 0)
      fault(`${at}: the old class ${source} is kept by class ${(keeper[source] ?? 0) - 1} already`)
    else {
      old[number] = source
      if (source >= 0) keeper[source] = number + 1
    }
  }

  let separator: Separator | undefined
  let row = 0
  const fields = lineFields()
  for (const [start, end] of linesOf(bytes)) {
    row += 1
    const text = Buffer.from(bytes.subarray(start, Math.min(end, start + 4096))).toString('utf8')
    if (text.trim() === '' || text.startsWith('#')) continue
    const isFirst = separator === undefined
    separator ??= separatorOf(text)
    const wrong = splitLine(bytes, start, end, separator, fields)
    const [given, from] = [fieldText(fields, 0), fields.count === 2 ? fieldText(fields, 1) : undefined]
    // A first line may name the columns.
    if (isFirst && from !== undefined && isHeader(from)) continue
    if (wrong !== undefined || from === undefined)
      fault(`line ${row}: ${wrong ?? `two fields are expected, not ${fields.count}`}`)
    else addLine(given, from, `line ${row}`)
  }

  const open = old.reduce((count, source) => count + (source === UNSET ? 1 : 0), 0)
  if (open > 0 && !others) {
    const names = [...old.keys()].filter((i) => old[i] === UNSET).slice(0, 5)
    const examples = names.map((i) => sizes.names?.[i] ?? String(i)).join(', ')
    fault(`${open} classes have no line: ${examples}${open > 5 ? ', …' : ''}; add \`*,none\` to give them new centers`)
  }
  if (faulty > 0) {
    const more = faulty > SHOWN ? [`${faulty - SHOWN} more faults`] : []
    throw startErrors('ARC6768', { file: path, faults: [...faults, ...more] })
  }
  for (const [i, source] of old.entries()) if (source === UNSET) old[i] = NEW
  const kept = old.reduce((count, source) => count + (source >= 0 ? 1 : 0), 0)
  return { old, kept, dropped: sizes.old - kept }
}

const shown = (text: string) => text.replace(/\p{Cc}/gu, '?').slice(0, 60)

function wholeNumber(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}

/** Names of the second column; another word is an old class that does not exist. */
const headers: ReadonlySet<string> = new Set(['old', 'old class', 'old_class', 'from', 'source'])
const isHeader = (from: string) => headers.has(from.toLowerCase())

function separatorOf(line: string): Separator {
  if (line.includes('\t')) return 'tab'
  if (line.includes(',')) return 'comma'
  return line.includes(';') ? 'semicolon' : 'space'
}

/** The class that a text names, or what is wrong with it. A name counts before a number. */
function classNumbers({ classes, names }: MapClasses): (text: string) => number | string {
  const byName = new Map(names?.slice(0, classes).map((name, i) => [name, i]))
  // Where names are numbers themselves, a number that is no name is a mistake, not the place of a class.
  const areNumbers = names?.some((name) => wholeNumber(name) !== undefined) ?? false
  return (text) => {
    const named = byName.get(text)
    if (named !== undefined) return named
    const number = areNumbers ? undefined : wholeNumber(text)
    if (number === undefined) return `the data set has no class "${shown(text)}"`
    return number < classes ? number : `the data set has no class ${number}: they are 0 to ${classes - 1}`
  }
}

/** The lines without their ends. */
function* linesOf(bytes: Uint8Array): Generator<readonly [number, number]> {
  // A mark of UTF-8 is not a part of the first field.
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (start < bytes.length) {
    const next = bytes.indexOf(10, start)
    const end = next < 0 ? bytes.length : next
    yield [start, end > start && bytes[end - 1] === 13 ? end - 1 : end]
    start = end + 1
  }
}
