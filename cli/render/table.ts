/** Text in columns: padded by what a terminal shows, not by what a string counts. */
import stringWidth from 'string-width'

type Align = 'left' | 'right'

export interface Column {
  readonly title?: string
  /** Numbers stand on the right, words on the left. */
  readonly align?: Align
}

export interface TableStyle {
  /** Blanks before each line. */
  readonly indent?: number
  /** Blanks between columns. */
  readonly gap?: number
  /** Paints the titles. */
  readonly paintTitle?: (text: string) => string
}

/** Pads a cell to a width in columns; wider ones stay as they are. */
export function pad(text: string, width: number, align: Align = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'right' ? blanks + text : text + blanks
}

/** Lines of a table; the titles come first where any column has one. Lines carry no blanks at their end. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: TableStyle = {},
): string[] {
  const { indent = 0, gap = 2, paintTitle = (text: string) => text } = style
  const widths = columns.map((column, i) =>
    Math.max(stringWidth(column.title ?? ''), ...rows.map((row) => stringWidth(row[i] ?? ''))),
  )
  const line = (cells: readonly string[]) =>
    ' '.repeat(indent) +
    columns
      .map((column, i) => pad(cells[i] ?? '', widths[i] ?? 0, column.align))
      .join(' '.repeat(gap))
      .trimEnd()
  const titled = columns.some((column) => column.title !== undefined)
  const head = titled ? [paintTitle(line(columns.map((column) => column.title ?? '')))] : []
  return [...head, ...rows.map(line)]
}
