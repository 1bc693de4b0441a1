/** Letters of other alphabets that look like those of names: they come from keyboards with two layouts. */
import type { Fix } from './diagnostic.ts'
import type { Span } from './source.ts'

const TWINS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['аеіјорсухѕԁһ', 'aeijopcyxsdh'],
    ['АВЕІЈКМНОРСТУХЅ', 'ABEIJKMHOPCTYXS'],
    ['οναρυ', 'ovapu'],
    ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ABEZHIKMNOPTYX'],
  ].flatMap(([others = '', latin = '']) => [...others].map((letter, i) => [letter, latin.charAt(i)] as const)),
)

/** The Latin letters that a letter looks like, or that a ligature or a wide letter of a document stands for. */
function twinOf(letter: string): string | undefined {
  const plain = letter.normalize('NFKC')
  return TWINS[letter] ?? (plain !== letter && /^\w+$/.test(plain) ? plain : undefined)
}

/** The Latin letters that all letters of a text look like; `undefined` if one does not. */
export function latinTwin(text: string): string | undefined {
  const twins = [...text].map(twinOf)
  return twins.includes(undefined) ? undefined : twins.join('')
}

/** `U+00A0`, of the first character. */
export function codePointOf(text: string): string {
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Writes the word around a place in Latin letters. */
export function fixTwins({ source, start: from, end: to }: Span): Fix {
  const before = /[\p{L}\w]*$/u.exec(source.text.slice(Math.max(0, from - 80), from))?.[0] ?? ''
  const after = /^[\p{L}\w]*/u.exec(source.text.slice(to, to + 80))?.[0] ?? ''
  const [start, end] = [from - before.length, to + after.length]
  const replacement = [...source.text.slice(start, end)].map((letter) => twinOf(letter) ?? letter).join('')
  return { message: `write \`${replacement}\``, span: { source, start, end }, replacement }
}
