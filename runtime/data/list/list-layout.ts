/** Finds out from the first lines of a list file how its fields are separated and which of them are the path and the label. */
import type { Separator } from '../collection.ts'
import { isPictureName } from '../picture-name.ts'
import { wholeNumber } from '../sources/class-numbers.ts'
import { fieldText, lineFields, separators, splitLine } from './list-line.ts'

/** How to read the lines of a list. Columns count from 0; -1 is the last one. */
export interface ListLayout {
  readonly separator: Separator
  /** Whether the first line names the columns. */
  readonly header: boolean
  readonly path: number
  readonly label: number
  /** A column that must be 1, as in InsightFace's `.lst` files: 0 means that the face is not aligned. */
  readonly aligned?: number
}

/** Names or numbers (from 1) of the columns, where they are declared. */
export interface DeclaredColumns {
  readonly image: string | undefined
  readonly label: string | undefined
}

/** Names of columns, the clearest first. */
const pathNames: readonly string[] = [
  ...['path', 'file_path', 'filepath', 'image_path', 'img_path', 'file_name', 'filename', 'file', 'image_file'],
  ...['image_name', 'image', 'img', 'picture', 'paths', 'files', 'images'],
]
const labelNames: readonly string[] = [
  ...['label', 'labels', 'class', 'class_id', 'identity', 'identity_id', 'identity_name', 'person', 'person_id'],
  ...['pid', 'subject', 'subject_id', 'target', 'category', 'name', 'id'],
]

type Row = readonly string[]

/**
 * The layout, or what is wrong: a sentence part for ARC6292. `lines` are the first lines of the file, without their ends, blank
 * ones left out.
 */
export function listLayout(lines: readonly Uint8Array[], declared: DeclaredColumns): ListLayout | string {
  const found: { readonly layout: ListLayout; readonly pictures: boolean }[] = []
  let wrong = 'no separator (tab, comma, semicolon or space) divides its lines into a path and a label'
  for (const separator of separators.toReversed()) {
    const rows = splitRows(lines, separator)
    if (rows === undefined) continue
    const layout = layoutOf(rows, declared)
    if (typeof layout === 'string') {
      wrong = layout
      continue
    }
    const paths = rows.slice(layout.header ? 1 : 0).map((row) => row.at(layout.path) ?? '')
    const pictures = paths.filter(isPictureName).length * 2 > paths.length
    found.unshift({ layout: { separator, ...layout }, pictures })
  }
  // A path may contain commas or spaces: the separator that leaves names of pictures is the right one.
  return (found.find(({ pictures }) => pictures) ?? found[0])?.layout ?? wrong
}

/** The fields of all lines; `undefined` if the separator does not fit, that is, most lines have only one field. */
function splitRows(lines: readonly Uint8Array[], separator: Separator): readonly Row[] | undefined {
  const fields = lineFields()
  const rows: Row[] = []
  let single = 0
  for (const line of lines) {
    // A malformed line is reported with all others when the list is read.
    if (splitLine(line, 0, line.length, separator, fields) !== undefined) continue
    if (fields.count < 2) single += 1
    else rows.push(Array.from({ length: fields.count }, (_, i) => fieldText(fields, i)))
  }
  return rows.length > single ? withoutEmptyEnd(rows) : undefined
}

/** A separator at the end of every line ends no further column. */
function withoutEmptyEnd(rows: readonly Row[]): readonly Row[] {
  return rows.every((row) => row.length > 2 && row.at(-1) === '') ? rows.map((row) => row.slice(0, -1)) : rows
}

const encoder = new TextEncoder()
const isWhole = (text: string) => {
  const bytes = encoder.encode(text)
  return !Number.isNaN(wholeNumber(bytes, 0, bytes.length))
}

function layoutOf(rows: readonly Row[], declared: DeclaredColumns): Omit<ListLayout, 'separator'> | string {
  const [first = []] = rows
  const names = first.map((name) => name.toLowerCase())
  const header = isHeader(names, declared)
  const data = header ? rows.slice(1) : rows
  const named = (known: readonly string[]) =>
    names.indexOf(header ? (known.find((name) => names.includes(name)) ?? '') : '')
  const column = (text: string | undefined) => (text === undefined ? undefined : declaredColumn(text, names, header))
  const image = column(declared.image)
  const wanted = column(declared.label)
  for (const [text, at] of [
    [declared.image, image],
    [declared.label, wanted],
  ] as const) {
    if (at === 'none') return `there is no column "${text}"${header ? `: its columns are ${first.join(', ')}` : ''}`
  }
  const inferred = image === undefined || wanted === undefined ? inferColumns(data.length > 0 ? data : rows) : undefined
  const pathAt = image ?? (named(pathNames) >= 0 ? named(pathNames) : inferred?.path)
  if (pathAt === undefined || pathAt === 'none') return 'no column looks like paths of pictures'
  const labelAt = wanted ?? (named(labelNames) >= 0 ? named(labelNames) : otherColumn(first.length, pathAt, inferred))
  if (labelAt === undefined || labelAt === 'none') {
    return `it has ${first.length} columns, and it is not clear which one is the label`
  }
  if (labelAt === pathAt) return 'the path and the label are the same column'
  const usesAligned = !header && wanted === undefined && image === undefined && inferred?.aligned !== undefined
  return { header, path: pathAt, label: labelAt, ...(usesAligned ? { aligned: inferred.aligned } : {}) }
}

/** A first line is a header if it has a name that is declared or known, and none of its fields is the path of a picture. */
function isHeader(names: Row, { image, label }: DeclaredColumns): boolean {
  if (names.some(isPictureName)) return false
  const declared = new Set([image, label].flatMap((name) => (name === undefined ? [] : [name.toLowerCase()])))
  return names.some((name) => pathNames.includes(name) || (declared.has(name) && !isWhole(name))) || hasLabelName(names)
}

const hasLabelName = (names: Row) => names.some((name) => labelNames.includes(name)) && !names.some(isWhole)

function declaredColumn(text: string, names: Row, header: boolean): number | 'none' {
  const named = header ? names.indexOf(text.toLowerCase()) : -1
  if (named >= 0) return named
  const number = isWhole(text) ? Number(text) : 0
  return Number.isInteger(number) && number >= 1 && number <= names.length ? number - 1 : 'none'
}

interface InferredColumns {
  readonly path: number
  readonly label?: number
  readonly aligned?: number
}

/** The column of paths: most of its fields are names of pictures, or it is the only one that does not hold numbers. */
function inferColumns(rows: readonly Row[]): InferredColumns | undefined {
  const width = Math.min(...rows.map((row) => row.length))
  const share = (at: (row: Row) => string, holds: (text: string) => boolean) =>
    rows.filter((row) => holds(at(row))).length / rows.length
  const numbers = (i: number) => share((row) => row[i] ?? '', isWhole) === 1
  const last = (row: Row) => row.at(-1) ?? ''
  // InsightFace: `aligned path label`, and box and landmarks if the face is not aligned.
  const marks = width >= 3 && rows.every((row) => row[0] === '0' || row[0] === '1') && numbers(2) && !numbers(1)
  if (marks) return { path: 1, label: 2, aligned: 0 }
  // im2rec: `index label … path`, with one or several labels.
  const indexed = width >= 3 && numbers(0) && rows.every((row) => row.slice(1, -1).every(isDecimal))
  if (indexed && share(last, isDecimal) < 1) return { path: -1, label: 1 }
  const pictures = Array.from({ length: width }, (_, i) => i).filter(
    (i) => share((row) => row[i] ?? '', isPictureName) > 0.5,
  )
  const [only, ...more] = pictures
  if (only !== undefined && more.length === 0) return { path: only }
  if (width !== 2) return undefined
  if (numbers(1)) return { path: 0 }
  return numbers(0) ? { path: 1 } : { path: 0 }
}

const isDecimal = (text: string) => /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)

function otherColumn(width: number, path: number, inferred: InferredColumns | undefined): number | undefined {
  if (inferred?.label !== undefined) return inferred.label
  return width === 2 ? 1 - path : undefined
}
