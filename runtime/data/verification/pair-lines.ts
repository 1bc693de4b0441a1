/**
 * The lines of lists of pairs. Two forms: LFW's `pairs.txt` (http://vis-www.cs.umass.edu/lfw/), where `name i j` are two pictures of one person
 * and `name1 i name2 j` pictures of two; and tables with two paths and whether they show one person.
 */

/** A picture as a list names it. */
export type ListedPicture =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'person'; readonly person: string; readonly number: number }

export interface ListedPair {
  /** From 1. */
  readonly line: number
  readonly pictures: readonly [ListedPicture, ListedPicture]
  readonly same: 0 | 1
  /** The fields of a table beside the pictures and the flag, in their order. */
  readonly more: readonly string[]
}

export interface PairLines {
  readonly pairs: readonly ListedPair[]
  readonly faults: readonly LineFault[]
  /** The titles of the fields in `more`; a list without titles has none. */
  readonly titles: readonly string[]
}

/** What is wrong with a line. `isFlag`: only its flag is. */
export interface LineFault {
  readonly line: number
  readonly fault: string
  readonly isFlag: boolean
}

const flags: ReadonlyMap<string, 0 | 1> = new Map([
  ...['1', '1.0', 'true', 'same', 'yes'].map((word): [string, 1] => [word, 1]),
  ...['0', '0.0', 'false', 'different', 'no'].map((word): [string, 0] => [word, 0]),
])

/** Titles of the column that tells whether a pair shows one person. */
const flagTitle = /^(is_?)?(same|label|match|flag|target|genuine)(_person)?$/i

/** The fields of a line; a quoted one can contain the separator, and quotes are doubled in it (RFC 4180). */
function fieldsOf(line: string, separator: string | undefined): string[] {
  if (separator === undefined) return line.trim().split(/\s+/)
  const fields: string[] = []
  for (let at = 0; at <= line.length; ) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(line.slice(at))
    const end = line.indexOf(separator, at + (quoted?.[0].length ?? 0))
    const stop = end < 0 ? line.length : end
    fields.push(quoted === null ? line.slice(at, stop).trim() : (quoted[1] ?? '').replaceAll('""', '"'))
    at = stop + 1
  }
  return fields
}

const isCount = (field: string | undefined) => /^\d{1,6}$/.test(field ?? '')

/** The columns of a table: of the two paths, and of the flag. */
interface Columns {
  readonly first: number
  readonly second: number
  readonly flag: number
}

const isPath = (field: string) => /[./\\]/.test(field)

/**
 * The columns that a title line names; `undefined` if it is no title line. The pictures are in the first two columns beside the flag
 * in which the line below has paths: a group may stand before them.
 */
function titled(fields: readonly string[], below: readonly string[]): Columns | undefined {
  // `same` is a title as well as a flag.
  const isContent = (field: string) => isPath(field) || (flags.has(field.toLowerCase()) && !flagTitle.test(field))
  if (fields.length < 3 || fields.some(isContent)) return undefined
  const found = fields.findIndex((field) => flagTitle.test(field))
  const flag = found < 0 ? 2 : found
  const others = fields.flatMap((_, i) => (i === flag ? [] : [i]))
  const paths = others.filter((i) => isPath(below[i] ?? ''))
  const [first = 0, second = 1] = paths.length < 2 ? others : paths
  return { first, second, flag }
}

/** The fields that are neither a picture nor the flag. */
function further<T>(fields: readonly T[], { first, second, flag }: Columns): T[] {
  return fields.filter((_, i) => i !== first && i !== second && i !== flag)
}

function readLine(fields: readonly string[], columns: Columns, isTable: boolean): Omit<ListedPair, 'line'> | string {
  const person = (name = '', number = ''): ListedPicture => ({ kind: 'person', person: name, number: Number(number) })
  const [a, b, c, d] = fields
  if (!isTable && fields.length === 3 && isCount(b) && isCount(c))
    return { pictures: [person(a, b), person(a, c)], same: 1, more: [] }
  if (!isTable && fields.length === 4 && isCount(b) && isCount(d))
    return { pictures: [person(a, b), person(c, d)], same: 0, more: [] }
  const path = (column: number): ListedPicture => ({ kind: 'path', path: fields[column] ?? '' })
  const word = fields[columns.flag]
  if (word === undefined || fields.length > 16) {
    return isTable
      ? 'expected two pictures and whether they show one person'
      : 'expected `name i j`, `name1 i name2 j`, or two pictures and whether they show one person'
  }
  const same = flags.get(word.toLowerCase())
  if (same === undefined) return `"${word.slice(0, 40)}" is neither true nor false`
  const pictures = [path(columns.first), path(columns.second)] as const
  return pictures.some((picture) => picture.kind === 'path' && picture.path === '')
    ? 'a picture is missing'
    : { pictures, same, more: further(fields, columns) }
}

/** The pairs of a list in their order, and the lines that are none. A first line with counts or titles is skipped; so are empty ones. */
export function readPairLines(text: string): PairLines {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  const [start = '', below = ''] = lines.filter((line) => line.trim() !== '')
  const separator = ['\t', ',', ';'].find((mark) => lines.some((line) => line.includes(mark)) && mostHave(lines, mark))
  const isTable = separator === ',' || separator === ';'
  const pairs: ListedPair[] = []
  const faults: LineFault[] = []
  let columns: Columns = { first: 0, second: 1, flag: 2 }
  let titles: readonly string[] = []
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue
    const fields = fieldsOf(line, separator)
    if (line === start && pairs.length === 0 && faults.length === 0) {
      // LFW: the number of folds and of pairs, or of pairs alone.
      if (fields.length <= 2 && fields.every(isCount)) continue
      const found = titled(fields, fieldsOf(below, separator))
      const alone = readLine(fields, columns, isTable)
      if (found !== undefined && (typeof alone === 'string' || alone.pictures[0].kind === 'path')) {
        columns = found
        titles = further(fields, columns)
        continue
      }
    }
    const pair = readLine(fields, columns, isTable)
    if (typeof pair === 'string') faults.push({ line: i + 1, fault: pair, isFlag: pair.endsWith('true nor false') })
    else pairs.push({ line: i + 1, ...pair })
  }
  return { pairs, faults, titles }
}

/** Whether most of the first lines contain a separator: a comma in one path makes no table. */
function mostHave(lines: readonly string[], mark: string): boolean {
  const sample = lines.filter((line) => line.trim() !== '').slice(0, 20)
  return 2 * sample.filter((line) => line.includes(mark)).length > sample.length
}
