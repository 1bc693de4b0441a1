/** Signs of other languages that a file has everywhere: one report at the first, with a fix for all. */
import type { DiagnosticBag, Fix } from './diagnostic.ts'
import { codePointOf } from './foreign-letters.ts'
import { grammarError } from './messages.ts'
import type { Span } from './source.ts'

/** One of them, and what is written instead. */
export interface Repeated {
  readonly span: Span
  readonly replacement: string
}

/** Replaces all, in one fix. */
export function fixAll(first: Repeated, all: readonly Repeated[], message: string): Fix {
  const { source, start } = first.span
  let [replacement, end] = ['', start]
  for (const { span, replacement: instead } of all) {
    replacement += source.text.slice(end, span.start) + instead
    end = span.end
  }
  return { message, span: { source, start, end }, replacement }
}

export function reportSemicolons(semicolons: readonly Repeated[], bag: DiagnosticBag): void {
  const [first, second] = semicolons
  if (first === undefined) return
  const one = first.replacement === '' ? 'drop it' : 'separate entries with commas or new lines'
  const message = second === undefined ? one : `drop all ${semicolons.length}`
  bag.add(grammarError('ARC1006', {}, first.span, { fix: fixAll(first, semicolons, message) }))
}

const SPACE_NAMES: Readonly<Record<string, string>> = {
  '\u00a0': 'a no-break space',
  '\u2003': 'a wide space',
  '\u2009': 'a thin space',
  '\u202f': 'a narrow no-break space',
  '\u3000': 'an ideographic space',
}

/** Spaces that look like plain ones: text that is copied from web pages and documents has them. */
export function reportBlanks(blanks: readonly Repeated[], bag: DiagnosticBag): void {
  const [first, second] = blanks
  if (first === undefined) return
  const { source, start } = first.span
  const character = source.text.charAt(start)
  const text = `${codePointOf(character)}, ${SPACE_NAMES[character] ?? 'another space'}`
  const message = second === undefined ? 'write a plain space' : 'write plain spaces everywhere'
  bag.add(grammarError('ARC1001', { text }, first.span, { fix: fixAll(first, blanks, message) }))
}
