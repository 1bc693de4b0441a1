/**
 * Lines around code that are not code: markers of merge conflicts, fences of Markdown, dividers, signs of a diff and numbers of lines.
 */
import type { DiagnosticBag, Extras } from './diagnostic.ts'
import { grammarError } from './messages.ts'
import { fixAll, type Repeated } from './repeated.ts'
import { type Span, textOf } from './source.ts'

/** What stands at the start of a line. */
export type LineKind = 'conflict' | 'fence' | 'divider' | 'diff' | 'number'

/** The characters with which such a line starts. */
export const LINE_STARTS: readonly string[] = [...'<=>|`~-+@di0123456789']

/** What no value starts with, so that a sign or a number before it is not part of one. */
const ENTRY = String.raw`[ \t]*(?:[A-Za-z_][\w.]*[ \t]*(?:=(?!=)|\{)|(?:use|let|fn|block|backbone|experiment|margin|optimizer|test)[ \t]+[\w"])`

const CONFLICT = /(?:<{7}|\|{7}|={7}|>{7})(?:[ \t][^\n]*|\r?(?=\n|$))/y
const FENCE = /(?:`{3,}|~{3,})[\w.+-]*[ \t\r]*(?=\n|$)/y
const DIVIDER = /-{3,}[ \t\r]*(?=\n|$)/y
const DIFF_HEAD = /(?:diff --git |index [0-9a-f]{6,}\.\.|--- [\w./]|\+\+\+ [\w./]|@@ -\d)[^\n]*/y
const DIFF_SIGN = new RegExp(String.raw`[-+](?=${ENTRY}|[ \t]*\})`, 'y')
const ADDED_LINE = new RegExp(String.raw`^\+${ENTRY}`, 'm')
const NUMBER = new RegExp(String.raw`\d+(?:[:|]|(?=[ \t]))(?=${ENTRY})`, 'y')
const ANY_NUMBER = /\d+[:|]?(?=[ \t]|\r?\n|$)/y
/** A text whose lines all have numbers. */
const NUMBERED = /^[ \t]*1[:|]?[ \t]+(?:use\b|\/\/)/

const lineEnd = (text: string, start: number): number => {
  const at = text.indexOf('\n', start)
  return at < 0 ? text.length : at
}

const matchEnd = (pattern: RegExp, text: string, start: number): number | undefined => {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** Where the second side of a conflict ends, whose first side is read. */
function otherSideEnd(text: string, start: number): number | undefined {
  if (!/^[=|]/.test(text.charAt(start)) || !/^<{7}/m.test(text.slice(0, start))) return undefined
  const close = /^>{7}[^\n]*/m.exec(text.slice(start))
  return close === null ? undefined : start + close.index + close[0].length
}

function kindAt(text: string, start: number): readonly [LineKind, number] | undefined {
  if (start > 0 && !/\s/.test(text.charAt(start - 1))) return undefined
  const before = start === 0 ? '' : text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  if (before.trim() !== '') return undefined
  const inFirstColumn = before === ''
  const end = (pattern: RegExp) => matchEnd(pattern, text, start)
  const fence = end(FENCE)
  if (fence !== undefined) return ['fence', fence]
  const number = end(NUMBERED.test(text) ? ANY_NUMBER : NUMBER)
  if (number !== undefined) return ['number', number]
  if (!inFirstColumn) return undefined
  const conflict = end(CONFLICT)
  if (conflict !== undefined) return ['conflict', otherSideEnd(text, start) ?? conflict]
  const divider = end(DIVIDER)
  if (divider !== undefined) return ['divider', divider]
  const head = end(DIFF_HEAD)
  if (head !== undefined) return ['diff', head]
  const sign = end(DIFF_SIGN)
  if (sign === undefined) return undefined
  const isRemoved = text.charAt(start) === '-' && ADDED_LINE.test(text)
  return ['diff', isRemoved ? lineEnd(text, start) : sign]
}

/** Where the part of a line that is not code ends. */
export function foreignLineEnd(text: string, start: number): number | undefined {
  return kindAt(text, start)?.[1]
}

export function foreignLineKind({ source, start }: Span): LineKind {
  return kindAt(source.text, start)?.[0] ?? 'divider'
}

const NAMES: Readonly<Record<LineKind, string>> = {
  conflict: 'a marker of a merge conflict',
  fence: 'a fence of Markdown',
  divider: 'a divider of YAML or Markdown',
  diff: 'the sign of a diff',
  number: 'the number of a line',
}

/** A whole line goes with its line break; a sign or a number becomes a blank, so that the indentation stays. */
function removed(span: Span): Repeated {
  const { text } = span.source
  const isWhole = span.end === lineEnd(text, span.start) && textOf(span).trim() !== '+'
  if (isWhole) return { span: { ...span, end: Math.min(text.length, span.end + 1) }, replacement: '' }
  return {
    span,
    replacement: span.start === 0 || text.charAt(span.start - 1) === '\n' ? ' '.repeat(span.end - span.start) : '',
  }
}

function extrasOf(kind: LineKind, spans: readonly Span[], first: Span): Extras {
  if (kind === 'conflict' && spans.length > 1)
    return { notes: ['keep the lines of one side, and remove the others and the markers'] }
  const isRemovedLine = kind === 'diff' && textOf(first) === '-' && spans.every((span) => textOf(span) === '-')
  if (isRemovedLine) return { notes: ['a diff removes this line: remove it, or only the sign'] }
  const all = spans.map(removed)
  const [one] = all
  const message = spans.length === 1 ? 'remove it' : `remove all ${spans.length}`
  return one === undefined ? {} : { fix: fixAll(one, all, message) }
}

/** Signs of a diff and numbers of lines are one mistake, and so is a conflict. */
export function reportForeignLines(found: ReadonlyMap<LineKind, readonly Span[]>, bag: DiagnosticBag): void {
  for (const [kind, spans] of found) {
    const isRepeated = kind === 'diff' || kind === 'number' || (kind === 'conflict' && spans.length > 1)
    for (const group of isRepeated ? [spans] : spans.map((span) => [span])) {
      const [first] = group
      if (first !== undefined)
        bag.add(grammarError('ARC1014', { what: NAMES[kind] }, first, extrasOf(kind, group, first)))
    }
  }
}
