/** Text in columns, padded by display width instead of string length. */

import { widest, wrapText } from './fit.ts'
import { textWidth } from './text-width.ts'

type Align = 'left' | 'right'

export interface Column {
  readonly title?: string
  /** `right` for numbers, `left` for words. */
  readonly align?: Align
  /** If the table is too wide, cells are wrapped to no less than this width. */
  readonly wrap?: number
  /** If the table is still too wide, columns are dropped, lowest number first. */
  readonly drop?: number
}

export interface TableStyle {
  /** Indent of each line. */
  readonly indent?: number
  /** Gap between columns. */
  readonly gap?: number
  /** Paints the titles. */
  readonly paintTitle?: (text: string) => string
  /** Width of the terminal; default: unlimited. */
  readonly width?: number
}

/** The cells of one column, the title first. */
interface Shown {
  readonly column: Column
  readonly cells: readonly string[]
  readonly width: number
}

/** A last column narrower than this is unreadable and continues below the others instead. */
const least = 10

/** Pads a cell to a width in columns; wider cells are unchanged. */
export function pad(text: string, width: number, align: Align = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'right' ? blanks + text : text + blanks
}

/** Narrows wrapping columns and drops the least important ones until the table fits into `room`. */
function fitted(all: readonly Shown[], gap: number, room: number): readonly Shown[] {
  const excess = (shown: readonly Shown[]) =>
    shown.reduce((sum, { width }) => sum + width, gap * (shown.length - 1)) - room
  let shown = all
  for (;;) {
    let over = excess(shown)
    const narrower = shown.map((one) => {
      const { wrap } = one.column
      if (wrap === undefined || over <= 0 || one.width <= wrap) return one
      const width = Math.max(wrap, one.width - over)
      over -= one.width - width
      return { ...one, width }
    })
    if (over <= 0) return narrower
    const orders = shown.flatMap(({ column }) => column.drop ?? [])
    // No more columns can be dropped: narrow the widest wrapping column by the rest.
    if (orders.length === 0) {
      const most = Math.max(...narrower.map(({ column, width }) => (column.wrap === undefined ? 0 : width)))
      return narrower.map((one) =>
        one.column.wrap !== undefined && one.width === most ? { ...one, width: Math.max(1, most - over) } : one,
      )
    }
    const next = Math.min(...orders)
    shown = shown.filter(({ column }) => column.drop !== next)
  }
}

/** The lines of a table without trailing blanks; a title line comes first if any column has a title. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: TableStyle = {},
): string[] {
  const { indent = 0, gap = 2, paintTitle = (text: string) => text, width = Number.POSITIVE_INFINITY } = style
  const all = columns.map((column, i): Shown => {
    const cells = [column.title ?? '', ...rows.map((row) => row[i] ?? '')]
    return { column, cells, width: widest(cells) }
  })
  const shown = fitted(all, gap, width - indent)
  const last = shown.at(-1)
  const spills = last?.column.wrap !== undefined && last.width < Math.min(least, widest(last.cells))
  const beside = spills ? shown.slice(0, -1) : shown
  const below = (row: number) => {
    const text = spills ? (last?.cells[row] ?? '') : ''
    return text === '' ? [] : wrapText(text, width - indent - gap).map((line) => ' '.repeat(indent + gap) + line)
  }
  const lines = (row: number) => {
    const cells = beside.map(({ cells, width }) => wrapText(cells[row] ?? '', width))
    const height = Math.max(0, ...cells.map((cell) => cell.length))
    return [
      ...Array.from(
        { length: height },
        (_, i) =>
          ' '.repeat(indent) +
          beside
            .map(({ column, width }, at) => pad(cells[at]?.[i] ?? '', width, column.align))
            .join(' '.repeat(gap))
            .trimEnd(),
      ),
      ...below(row),
    ]
  }
  const titled = columns.some((column) => column.title !== undefined)
  return [...(titled ? lines(0).map(paintTitle) : []), ...rows.flatMap((_, i) => lines(i + 1))]
}
