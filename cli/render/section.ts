/** Building blocks for the sections of a plan: lines and tables that fit the terminal. */
import { factLines, lineWidth, paragraph, widest } from './fit.ts'
import type { Look } from './look.ts'
import { type Column, pad, renderTable } from './table.ts'

/** The maximum and minimum width of a bar; narrower bars are omitted. */
const barWidth = 32
const leastBar = 8
/** `left` and `right` on one line, with `right` at the edge; on two lines if it is too narrow. */
export function ends(left: string, right: string, look: Look): string[] {
  const room = look.width - left.length - right.length
  if (room < 2) return [...paragraph(look.palette.strong(left), look), ...paragraph(look.palette.quiet(right), look, 2)]
  return [look.palette.strong(left) + ' '.repeat(room) + look.palette.quiet(right)]
}

type Fact = string | undefined

/** Rows of a name and facts; unknown facts are omitted. */
export function facts(rows: readonly (readonly [string, readonly Fact[]])[], look: Look): string[] {
  return rows.flatMap(([name, texts]) => {
    const known = texts.filter((text) => text !== undefined)
    return factLines(known, look, { head: `  ${look.palette.accent(pad(name, 10))} ` })
  })
}

/** The indent of a section and the gap between the columns of its tables. */
export const table = { indent: 2, gap: 3 } as const
/** A column of figures. */
export const right = { align: 'right' } as const

/** The table of a section, in the available width. */
export function rowsOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  look: Look,
  gap: number = table.gap,
) {
  return renderTable(columns, rows, { ...table, gap, paintTitle: look.palette.quiet, width: lineWidth(look) })
}

/** A less important sentence. */
export function aside(text: string, look: Look): string[] {
  return paragraph(look.palette.quiet(text), look, table.indent)
}

export interface BarRow {
  readonly name: string
  readonly figure: string
  readonly bar: (width: number) => string
  readonly detail?: string
}

/** Rows with a figure, a comparable bar and a detail; the bars use the available width. */
export function barRows(rows: readonly BarRow[], look: Look): string[] {
  const texts = rows.map(({ name, figure, detail = '' }) => [name, figure, detail])
  const taken = [0, 1, 2].reduce((sum, i) => {
    const width = widest(texts.map((cells) => cells[i] ?? ''))
    return width === 0 ? sum : sum + width + table.gap
  }, table.indent)
  const width = Math.min(barWidth, lineWidth(look) - taken)
  if (width < leastBar) return rowsOf([{}, right, { wrap: 12 }], texts, look)
  const withBars = rows.map(({ name, figure, bar, detail = '' }) => [name, figure, bar(width), detail])
  return rowsOf([{}, right, {}, {}], withBars, look)
}
