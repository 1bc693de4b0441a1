/** Characters that mean nothing: what is said of them, and the names that they are parts of. */
import type { TokenType } from 'chevrotain'
import type { DiagnosticBag } from './diagnostic.ts'
import { LINE_NOTE } from './foreign.ts'
import { codePointOf, fixTwins, latinTwin } from './foreign-letters.ts'
import { grammarError } from './messages.ts'
import type { SourceFile } from './source.ts'
import * as T from './tokens.ts'

/** What the lexer has matched. */
interface Found {
  readonly tokenType: TokenType
  readonly image: string
  readonly startOffset: number
}

/** With the length of its text: a ligature is one letter of the text and two of the name. */
interface Joined extends Found {
  readonly end: number
}

/**
 * Reports meaningless characters. Letters of other alphabets and invisible ones are joined with the name around them, so that one
 * name is one mistake.
 */
export function withStrays(
  { source, bag }: { readonly source: SourceFile; readonly bag: DiagnosticBag },
  tokens: readonly Found[],
  errors: readonly { readonly offset: number; readonly length: number }[],
  base: number,
): readonly Found[] {
  const letters: Joined[] = []
  for (const { offset, length } of errors) {
    const span = { source, start: base + offset, end: base + offset + length }
    const text = source.text.slice(span.start, span.end)
    const isLetters = /^\p{L}+$/u.test(text)
    const isInvisible = /^\p{Cf}+$/u.test(text)
    const twin = latinTwin(text)
    const notes =
      isLetters && twin === undefined
        ? ['names are made of the letters a to z, digits and `_`']
        : (STRAY_NOTES[text.charAt(0)] ?? [])
    const code = codePointOf(text)
    const shown =
      twin !== undefined
        ? `${code}, which only looks like \`${twin}\``
        : /^\p{C}/u.test(text)
          ? code
          : `\`${text.slice(0, 20)}\``
    const fix =
      twin !== undefined
        ? { fix: fixTwins(span) }
        : isInvisible
          ? { fix: { message: 'remove it', span, replacement: '' } }
          : {}
    bag.add(grammarError('ARC1001', { text: shown }, span, { notes, ...fix }))
    if (isLetters || isInvisible)
      letters.push({ tokenType: T.Identifier, image: twin ?? text, startOffset: offset, end: offset + length })
  }
  if (letters.length === 0) return tokens
  const joined: Joined[] = []
  const plain = tokens.map((token) => ({ ...token, end: token.startOffset + token.image.length }))
  for (const token of [...plain, ...letters].sort((a, b) => a.startOffset - b.startOffset)) {
    const last = joined.at(-1)
    const touches = last?.end === token.startOffset
    if (touches && last.tokenType === T.Identifier && token.tokenType === T.Identifier) {
      joined[joined.length - 1] = { ...last, image: last.image + token.image, end: token.end }
    } else joined.push(token)
  }
  return joined
}

const STRAY_NOTES: Readonly<Record<string, readonly string[]>> = {
  '\\': [LINE_NOTE],
  $: ['a value goes into a string as `"{name}"`'],
}
