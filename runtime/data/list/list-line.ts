/**
 * Lines of a list file (CSV as RFC 4180 describes it, or with tabs, semicolons or spaces) as places of their fields, so that
 * millions of lines are read without an object for each.
 */

import type { Separator } from '../collection.ts'

export const separators: readonly Separator[] = ['tab', 'comma', 'semicolon', 'space']

const separatorBytes: Readonly<Record<Separator, number>> = { tab: 0x09, comma: 0x2c, semicolon: 0x3b, space: 0x20 }

const [QUOTE, SPACE, TAB, RETURN] = [0x22, 0x20, 0x09, 0x0d]

/** The fields of one line, as places in `source`; it is reused for the next line. */
export interface LineFields {
  /** The bytes that the places refer to: those of the line, or a copy if a field has doubled quotes. */
  source: Uint8Array
  count: number
  readonly starts: number[]
  readonly ends: number[]
}

export function lineFields(): LineFields {
  return { source: new Uint8Array(0), count: 0, starts: [], ends: [] }
}

/** The end of a line, which a newline or the end of the file at `end` closes, without the `\r` of Windows. */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === RETURN ? end - 1 : end
}

/** No list has more columns; further ones are not needed to find a path and a label. */
const mostFields = 1024

/** Finds the fields of `bytes[start … end]`, a line without its end; returns what is wrong with the line instead, if anything. */
export function splitLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  separator: Separator,
  fields: LineFields,
): string | undefined {
  fields.source = bytes
  fields.count = 0
  if (separator === 'space') return splitAtLastSpace(bytes, start, end, fields)
  const byte = separatorBytes[separator]
  for (let at = start; fields.count < mostFields; ) {
    let [from, to, next] = [at, at, at]
    if (bytes[at] === QUOTE && at < end) {
      from = at + 1
      to = from
      let doubled = false
      for (; ; to++) {
        if (to >= end) return 'a quote is not closed'
        if (bytes[to] !== QUOTE) continue
        if (bytes[to + 1] !== QUOTE || to + 1 >= end) break
        doubled = true
        to++
      }
      next = to + 1
      while (next < end && bytes[next] === SPACE) next++
      if (next < end && bytes[next] !== byte) return 'text follows a closing quote'
      if (doubled) return splitUnquoted(bytes, start, end, separator, fields)
    } else {
      while (to < end && bytes[to] !== byte) to++
      next = to
    }
    fields.starts[fields.count] = from
    fields.ends[fields.count] = to
    fields.count += 1
    if (next >= end) break
    at = next + 1
  }
  return undefined
}

/** `path with spaces 17`: the label is the last word. A quoted path may be followed by the label. */
function splitAtLastSpace(bytes: Uint8Array, start: number, end: number, fields: LineFields): undefined {
  let [from, to] = [start, end]
  const blank = (at: number) => bytes[at] === SPACE || bytes[at] === TAB
  while (from < to && blank(from)) from++
  while (to > from && blank(to - 1)) to--
  let word = to
  while (word > from && !blank(word - 1)) word--
  let left = word
  while (left > from && blank(left - 1)) left--
  if (left === from) {
    fields.starts[0] = from
    fields.ends[0] = to
    fields.count = 1
    return undefined
  }
  const quoted = bytes[from] === QUOTE && bytes[left - 1] === QUOTE && left - from >= 2
  fields.starts[0] = quoted ? from + 1 : from
  fields.ends[0] = quoted ? left - 1 : left
  fields.starts[1] = word
  fields.ends[1] = to
  fields.count = 2
  return undefined
}

/** A line with doubled quotes: its fields are copied with single ones. */
function splitUnquoted(
  bytes: Uint8Array,
  start: number,
  end: number,
  separator: Separator,
  fields: LineFields,
): string | undefined {
  const byte = separatorBytes[separator]
  const copy = new Uint8Array(end - start)
  let [out, quoted] = [0, false]
  let fieldStart = 0
  const close = () => {
    fields.starts[fields.count] = fieldStart
    fields.ends[fields.count] = out
    fields.count += 1
    fieldStart = out
  }
  fields.count = 0
  fields.source = copy
  let fresh = true
  for (let at = start; at < end && fields.count < mostFields; at++) {
    const c = bytes[at] ?? 0
    if (quoted) {
      if (c !== QUOTE) copy[out++] = c
      else if (at + 1 < end && bytes[at + 1] === QUOTE) copy[out++] = bytes[++at] ?? 0
      else quoted = false
    } else if (c === byte) {
      close()
      fresh = true
      continue
    } else if (c === QUOTE && fresh) quoted = true
    else if (!(c === SPACE && out > fieldStart && bytes[at - 1] === QUOTE)) copy[out++] = c
    fresh = false
  }
  if (quoted) return 'a quote is not closed'
  close()
  return undefined
}

/** The place of field `i` without the spaces around it, and only these: a name may begin or end with another blank of Unicode. */
export function fieldPlace(
  { source, starts, ends }: LineFields,
  i: number,
): { readonly start: number; readonly end: number } {
  let [start, end] = [starts[i] ?? 0, ends[i] ?? 0]
  while (start < end && source[start] === SPACE) start++
  while (end > start && source[end - 1] === SPACE) end--
  return { start, end }
}

/** Field `i` as text, without spaces around it. */
export function fieldText(fields: LineFields, i: number): string {
  const { start, end } = fieldPlace(fields, i)
  return Buffer.from(fields.source.subarray(start, end)).toString('utf8')
}
