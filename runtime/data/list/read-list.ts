/**
 * Reads a list file: one picture a line, with its path and its label. The file is streamed; of each line, its place (4 bytes) and
 * its label (4 bytes) are kept.
 */
import { closeSync, readSync } from 'node:fs'
import type { ListedImages } from '../collection.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { openRegular } from '../open-regular.ts'
import { type ScanWatcher, scanCount } from '../scan-progress.ts'
import { type ClassLabels, createClassNumbers, type LabelKind } from '../sources/class-numbers.ts'
import { u32Column } from '../sources/growing.ts'
import { type FaultLog, faultLog, sourceErrors } from '../sources/messages.ts'
import { type DeclaredColumns, type ListLayout, listLayout } from './list-layout.ts'
import { fieldPlace, fieldText, lineEnd, lineFields, splitLine } from './list-line.ts'

export interface ListSpec extends DeclaredColumns {
  /** The list. */
  readonly file: string
  /** How labels are understood; default: as the first one. */
  readonly labels: LabelKind | undefined
}

/** The pictures of a list, in its order, and how to find their paths in it. */
export type ListedPictures = ClassLabels & Pick<ListedImages, 'separator' | 'path' | 'turn' | 'lines' | 'wraps'>

/** Bytes that are read at once; no line is longer. */
const CHUNK = 2 ** 22
/** Bytes and lines from which the layout is found out. */
const SAMPLE_BYTES = 2 ** 18
const SAMPLE_LINES = 1000
const [NEWLINE, RETURN, SPACE] = [0x0a, 0x0d, 0x20]

/**
 * `isThere` says whether a path as written leads to a file; it is asked for a few paths with backslashes. Throws ARC6206 if the
 * file cannot be read, ARC6291 if it is not UTF-8 text, ARC6292 if the path or the label is not found, ARC6290 with all malformed
 * lines, ARC6293 if labels are numbers with gaps.
 */
export function readList(spec: ListSpec, isThere: (path: string) => boolean, watcher?: ScanWatcher): ListedPictures {
  const { file } = spec
  const { handle, size } = openRegular(file)
  try {
    const { lines, from } = sampleLines(handle, file)
    const sampled = lines.reduce((bytes, line) => bytes + line.length + 1, 0)
    const capacity = Math.ceil((size / sampled) * lines.length * 1.1)
    const layout = listLayout(lines, spec)
    if (typeof layout === 'string') throw sourceErrors('ARC6292', { file, reason: layout })
    const turn = hasBackslashes(lines, layout, isThere)
    const faults = faultLog()
    const listed = readLines(handle, from, layout, { spec, faults, capacity, watcher })
    if (faults.count > 0) throw sourceErrors('ARC6290', { file, count: faults.count, lines: faults.shown() })
    if (listed.images === 0) throw sourceErrors('ARC6292', { file, reason: 'it has no lines with a path and a label' })
    const { separator, path } = layout
    return { separator, path, turn, lines: listed.lines, wraps: listed.wraps, ...listed.classes.finish(file) }
  } finally {
    closeSync(handle)
  }
}

function readAt(handle: number, file: string, into: Uint8Array, from: number, at: number): number {
  try {
    return readSync(handle, into, from, into.length - from, at)
  } catch (error) {
    throw dataErrors('ARC6206', { file, reason: reasonOf(error) }, error)
  }
}

/** The first lines, and where they begin: behind a byte order mark. Throws ARC6291 if they are not UTF-8. */
function sampleLines(handle: number, file: string): { lines: readonly Uint8Array[]; from: number } {
  const buffer = new Uint8Array(SAMPLE_BYTES)
  let size = 0
  for (let got = -1; got !== 0 && size < buffer.length; size += got) got = readAt(handle, file, buffer, size, size)
  const bytes = buffer.subarray(0, size)
  const encoding = foreignEncoding(bytes)
  if (encoding !== undefined) throw sourceErrors('ARC6291', { file, encoding })
  const from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const lines: Uint8Array[] = []
  for (let at = from; at < size && lines.length < SAMPLE_LINES; ) {
    const found = bytes.indexOf(NEWLINE, at)
    // The last line of a sample that ends within it is left out, unless it is the only one.
    if (found < 0 && size === SAMPLE_BYTES && lines.length > 0) break
    const line = bytes.subarray(at, lineEnd(bytes, at, found < 0 ? size : found))
    if (!isBlank(line, 0, line.length)) lines.push(line)
    at = found < 0 ? size : found + 1
  }
  if (lines.length === 1 && bytes.includes(RETURN) && !bytes.includes(NEWLINE)) {
    throw sourceErrors('ARC6292', {
      file,
      reason: 'its lines end with CR alone, as on old Macs: save it with LF or CRLF',
    })
  }
  if (lines.length === 0) throw sourceErrors('ARC6292', { file, reason: 'it is empty' })
  return { lines, from }
}

/** What a file is that is not UTF-8 text, as far as its first bytes tell. */
function foreignEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return c === 0 && d === 0 ? 'UTF-32' : 'UTF-16'
  if (a === 0x1f && b === 0x8b) return 'compressed with gzip'
  if (a === 0x50 && b === 0x4b && c === 3) return 'a zip file or a spreadsheet'
  const zero = bytes.indexOf(0)
  if (zero < 0) return undefined
  // Latin letters in UTF-16 have a zero at every other byte.
  const zeros = (offset: number) => bytes.subarray(0, 256).filter((byte, i) => i % 2 === offset && byte === 0).length
  return Math.max(zeros(0), zeros(1)) * 4 > Math.min(bytes.length, 256) ? 'UTF-16' : 'binary'
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] ?? 0) > SPACE) return false
  return true
}

/** Whether the list was written on Windows: its paths have `\`, and only with `/` do they lead to files. */
function hasBackslashes(lines: readonly Uint8Array[], layout: ListLayout, isThere: (path: string) => boolean): boolean {
  const fields = lineFields()
  for (const line of lines.slice(layout.header ? 1 : 0)) {
    if (splitLine(line, 0, line.length, layout.separator, fields) !== undefined) continue
    const at = layout.path < 0 ? fields.count - 1 : layout.path
    const path = fieldText(fields, at)
    if (path.includes('\\')) return !isThere(path)
  }
  return false
}

interface Reading {
  readonly spec: ListSpec
  readonly faults: FaultLog
  /** The number of lines, estimated from the first ones. */
  readonly capacity: number
  readonly watcher: ScanWatcher | undefined
}

function readLines(handle: number, from: number, layout: ListLayout, { spec, faults, capacity, watcher }: Reading) {
  const lines = u32Column(capacity)
  const wraps: number[] = []
  const classes = createClassNumbers(spec.labels, capacity)
  const progress = scanCount(watcher, `reading the lines of ${spec.file}`)
  const fields = lineFields()
  const buffer = new Uint8Array(CHUNK)
  let number = 0
  let images = 0

  const addLine = (start: number, end: number): string | undefined => {
    const wrong = splitLine(buffer, start, end, layout.separator, fields)
    if (wrong !== undefined) return wrong
    const { source, starts, ends, count } = fields
    const path = layout.path < 0 ? count - 1 : layout.path
    const label = layout.label
    if (path >= count || label >= count || path === label) {
      return count === 1 ? 'there is only one field' : `there are only ${count} fields`
    }
    const { start: first, end: last } = fieldPlace(fields, path)
    if (first === last) return 'the path is empty'
    for (let i = first; i < last; i++) {
      if ((source[i] ?? 0) < SPACE) return 'the path has a control character'
    }
    if (layout.aligned !== undefined && source[starts[layout.aligned] ?? 0] !== 0x31) {
      return 'its first field is not 1: the face is not aligned'
    }
    const fault = classes.add(source, starts[label] ?? 0, ends[label] ?? 0)
    if (fault !== undefined) return fault
    const offset = bufferAt + start
    if (offset >= (wraps.length + 1) * 2 ** 32) wraps.push(images)
    lines.add(offset % 2 ** 32)
    images += 1
    return undefined
  }
  const line = (start: number, newline: number) => {
    number += 1
    progress.add()
    const end = lineEnd(buffer, start, newline)
    if (isBlank(buffer, start, end)) return
    if (layout.header && !skipped) {
      skipped = true
      return
    }
    const wrong = addLine(start, end)
    if (wrong !== undefined) faults.add(`line ${number}: ${wrong}`)
  }
  let skipped = false
  // Byte offset of the buffer in the file.
  let bufferAt = from

  for (let at = from, kept = 0; ; ) {
    const got = readAt(handle, spec.file, buffer, kept, at)
    at += got
    const size = kept + got
    let start = 0
    for (let newline = buffer.indexOf(NEWLINE, start); newline >= 0 && newline < size; ) {
      line(start, newline)
      start = newline + 1
      newline = buffer.indexOf(NEWLINE, start)
    }
    if (got === 0) {
      if (size > start) line(start, size)
      return { lines: lines.values(), wraps, classes, images }
    }
    buffer.copyWithin(0, start, size)
    kept = size - start
    bufferAt += start
    if (kept === CHUNK) throw sourceErrors('ARC6291', { file: spec.file, encoding: 'binary' })
  }
}
