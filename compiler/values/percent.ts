/** Numbers that were meant as percentages: 20 where a fraction is taken. */
import type { Extras } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'

/** What is said of a number where a fraction is required. Below 2, another fraction is likelier than a percentage. */
export function percentExtras(value: number, span: Span): Extras {
  if (value < 2 || value > 100) return {}
  const text = textOf(span)
  if (text.endsWith('%')) return {}
  const notes = [`${value}% is ${Number((value / 100).toPrecision(12))}`]
  if (!/^[\d.]+$/.test(text)) return { notes }
  return { notes, fix: { message: `write \`${text}%\``, span: { ...span, start: span.end }, replacement: '%' } }
}
