/** Lines of a run, each with a word at its beginning that says what it is about. */
import { factLines, lineWidth, paragraph } from './fit.ts'
import type { Look } from './look.ts'
import { pad } from './table.ts'

const labelWidth = 8

/** Columns of a terminal beside the label. */
export function besideLabel(look: Look): number {
  return lineWidth(look) - labelWidth - 1
}

/** Facts behind a label, on as many lines as they take. */
export function labelled(name: string, facts: readonly string[], look: Look, paint = look.palette.accent): string[] {
  return factLines(facts, look, { head: `${paint(pad(name, labelWidth))} ` })
}

/** A sentence behind a label. */
export function labelledText(name: string, text: string, look: Look, paint = look.palette.accent): string[] {
  const [first = '', ...rest] = paragraph(text, look, labelWidth + 1)
  return [`${paint(pad(name, labelWidth))} ${first.slice(labelWidth + 1)}`, ...rest]
}
