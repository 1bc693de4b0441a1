/** Text in columns: padded by what a terminal shows, not by what a string counts. */
import stringWidth from 'string-width'
import { widest, wrapText } from './fit.ts'

type Align = 'left' | 'right'

export interface Column {
  readonly title?: string
  /** Numbers stand on the right, words on the left. */
  readonly align?: Align
  /** Where the table is too wide, its cells are wrapped down to so many columns. */
  readonly wrap?: number
  /** Where the table is too wide even then, columns are left out, the one with the lowest number first. */
  readonly drop?: number
}

export interface TableStyle {
  /** Blanks before each line. */
  readonly indent?: number
  /** Blanks between columns. */
  readonly gap?: number
  /** Paints the titles. */
  readonly paintTitle?: (text: string) => string
  /** Columns of the terminal; a table may be of any width where left out. */
  readonly width?: number
}

/** Cells of one column, the title first. */
interface Shown {
  readonly column: Column
  readonly cells: readonly string[]
  readonly width: number
}

/** Below this a column isn't read any more: the last one is continued below the others instead. */
const least = 10

/** Pads a cell to a width in columns; wider ones stay as they are. */
export function pad(text: string, width: number, align: Align = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'right' ? blanks + text : text + blanks
}

/** The columns, those that wrap made narrower, the least important left out, until they take no more than `room`. */
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
    // Nothing can be left out any more: the widest column that wraps takes what remains.
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

/** Lines of a table; the titles come first where any column has one. Lines carry no blanks at their end. */
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
