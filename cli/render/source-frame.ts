/** Source lines with marks below them, as rustc draws them. Columns are display columns: tabs are expanded, wide characters count two. */
import type { Colors } from 'picocolors/types.js'
import { lineText, positionAt, type SourceFile, type Span } from '../../grammar/source.ts'
import { textWidth } from './text-width.ts'

export type MarkKind = 'error' | 'warning' | 'secondary' | 'added' | 'changed'

/** A marked part of one line, in 0-based display columns. */
interface Mark {
  readonly from: number
  readonly to: number
  readonly kind: MarkKind
  readonly label: string
}

/** A place and its label. */
export interface Annotation {
  readonly span: Span
  readonly kind: MarkKind
  readonly label: string
}

const tab = '    '

/** A line with tabs replaced by spaces. */
export function expandTabs(line: string): string {
  return line.replaceAll('\t', tab)
}

/** The display column of a 0-based offset into a line. */
export function displayColumn(line: string, offset: number): number {
  return textWidth(expandTabs(line.slice(0, offset)))
}

function glyph(kind: MarkKind): string {
  switch (kind) {
    case 'error':
    case 'warning':
      return '^'
    case 'secondary':
      return '-'
    case 'added':
      return '+'
    case 'changed':
      return '~'
  }
}

/** Colors a mark or its label. */
export function paint(colors: Colors, kind: MarkKind, text: string): string {
  switch (kind) {
    case 'error':
      return colors.bold(colors.red(text))
    case 'warning':
      return colors.bold(colors.yellow(text))
    case 'secondary':
      return colors.bold(colors.blue(text))
    case 'added':
    case 'changed':
      return colors.green(text)
  }
}

interface Cell {
  readonly text: string
  readonly kind: MarkKind | undefined
}

function rowOf(cells: readonly (Cell | undefined)[], colors: Colors): string {
  let row = ''
  for (const cell of cells)
    row += cell === undefined ? ' ' : cell.kind === undefined ? cell.text : paint(colors, cell.kind, cell.text)
  return row.trimEnd()
}

/** The rows below one source line: all marks and the rightmost label first, the other labels hanging below. */
export function markRows(marks: readonly Mark[], colors: Colors): readonly string[] {
  const ordered = [...marks].sort((a, b) => a.from - b.from || b.to - a.to)
  const width = Math.max(...ordered.map((mark) => mark.to))
  const first: (Cell | undefined)[] = Array.from({ length: width })
  const secondaryFirst = [...ordered].sort((a, b) => Number(a.kind !== 'secondary') - Number(b.kind !== 'secondary'))
  for (const mark of secondaryFirst)
    for (let at = mark.from; at < mark.to; at++) first[at] = { text: glyph(mark.kind), kind: mark.kind }
  const labelled = ordered.filter((mark) => mark.label !== '')
  const last = labelled.at(-1)
  const inline = last !== undefined && last.to === width ? last : undefined
  if (inline !== undefined) first.push(undefined, { text: inline.label, kind: inline.kind })
  const rows = [rowOf(first, colors)]
  const hanging = labelled.filter((mark) => mark !== inline)
  while (hanging.length > 0) {
    const bars: (Cell | undefined)[] = []
    for (const mark of hanging) bars[mark.from] = { text: '|', kind: mark.kind }
    rows.push(rowOf(Array.from(bars), colors))
    const lowest = hanging.pop()
    if (lowest === undefined) break
    const row: (Cell | undefined)[] = []
    for (const mark of hanging) row[mark.from] = { text: '|', kind: mark.kind }
    row[lowest.from] = { text: lowest.label, kind: lowest.kind }
    rows.push(rowOf(Array.from(row), colors))
  }
  return rows
}

/** The part of a line that a span covers; a multi-line span covers the rest of its first line. */
function markOf(annotation: Annotation): { line: number; mark: Mark } {
  const { span } = annotation
  const { line, column } = positionAt(span.source, span.start)
  const text = lineText(span.source, line)
  const start = Math.min(column - 1, text.length)
  const end = Math.min(start + Math.max(span.end - span.start, 1), Math.max(text.length, start + 1))
  const from = displayColumn(text, start)
  const to = Math.max(from + 1, displayColumn(text, end))
  return { line, mark: { from, to, kind: annotation.kind, label: annotation.label } }
}

/** One row of a frame: the texts left and right of the bar. */
export interface FrameRow {
  readonly gutter: string
  readonly text: string
}

/** Clips a line to the display columns `[from, from + width)`. */
function clip(line: string, from: number, width: number): string {
  if (from === 0 && textWidth(line) <= width) return line
  let column = 0
  let shown = ''
  let isCut = false
  for (const character of line) {
    isCut = column >= from + width - 1
    if (isCut) break
    if (column >= from) shown += character
    column += textWidth(character)
  }
  return `${from > 0 ? `…${shown.slice(1)}` : shown}${isCut ? '…' : ''}`
}

/** The lines of one source that the annotations touch, with marks; gaps of more than one line become `...`. */
export function sourceFrame(annotations: readonly Annotation[], colors: Colors, width: number): readonly FrameRow[] {
  const byLine = new Map<number, Mark[]>()
  for (const annotation of annotations) {
    const { line, mark } = markOf(annotation)
    byLine.set(line, [...(byLine.get(line) ?? []), mark])
  }
  const source: SourceFile | undefined = annotations[0]?.span.source
  if (source === undefined) return []
  const lines = [...byLine.keys()].sort((a, b) => a - b)
  const rows: FrameRow[] = []
  let previous: number | undefined
  for (const line of lines) {
    if (previous !== undefined && line - previous === 2) {
      rows.push({ gutter: `${previous + 1}`, text: clip(expandTabs(lineText(source, previous + 1)), 0, width) })
    } else if (previous !== undefined && line - previous > 2) rows.push({ gutter: '...', text: '' })
    const marks = byLine.get(line) ?? []
    const text = expandTabs(lineText(source, line))
    const rightmost = Math.min(
      Math.max(...marks.map((mark) => mark.to)),
      Math.min(...marks.map((mark) => mark.from)) + width,
    )
    const shift = rightmost > width ? rightmost - Math.floor(width / 2) : 0
    rows.push({ gutter: `${line}`, text: clip(text, shift, width) })
    const moved = marks.map((mark) => ({
      ...mark,
      from: Math.max(0, mark.from - shift),
      to: Math.max(1, Math.min(mark.to - shift, width)),
    }))
    for (const row of markRows(moved, colors)) rows.push({ gutter: '', text: row })
    previous = line
  }
  return rows
}
