/** The place of an element of a list, of whose place only the span is known. */
import { type Span, textOf } from '../../grammar/source.ts'

/** The place of the whole list if it is not written as one there. */
export function itemSpan(list: Span, index: number): Span {
  const text = textOf(list)
  if (!text.startsWith('[') || !text.endsWith(']')) return list
  const cuts = [0, ...commasOf(text), text.length - 1]
  const [before, after] = [cuts[index], cuts[index + 1]]
  if (before === undefined || after === undefined) return list
  const item = text.slice(before + 1, after)
  const start = list.start + before + 1 + (item.length - item.trimStart().length)
  return { ...list, start, end: start + item.trim().length }
}

/** The commas between elements: not those in inner brackets or strings. */
function commasOf(text: string): readonly number[] {
  const found: number[] = []
  let depth = 0
  let quoted = false
  for (const [at, sign] of Array.from(text).entries()) {
    if (sign === '"') quoted = !quoted
    else if (quoted) continue
    else if ('([{'.includes(sign)) depth++
    else if (')]}'.includes(sign)) depth--
    else if (sign === ',' && depth === 1) found.push(at)
  }
  return found
}
