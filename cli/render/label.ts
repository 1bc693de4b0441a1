/** Lines of a run, each starting with a label. */
import { factLines, lineWidth, paragraph } from './fit.ts'
import type { Look } from './look.ts'
import { pad } from './table.ts'

const labelWidth = 8

/** The columns right of the label. */
export function besideLabel(look: Look): number {
  return lineWidth(look) - labelWidth - 1
}

/** Facts after a label, on as many lines as needed. */
export function labelled(name: string, facts: readonly string[], look: Look, paint = look.palette.accent): string[] {
  return factLines(facts, look, { head: `${paint(pad(name, labelWidth))} ` })
}

/** A sentence after a label. */
export function labelledText(name: string, text: string, look: Look, paint = look.palette.accent): string[] {
  const [first = '', ...rest] = paragraph(text, look, labelWidth + 1)
  return [`${paint(pad(name, labelWidth))} ${first.slice(labelWidth + 1)}`, ...rest]
}
