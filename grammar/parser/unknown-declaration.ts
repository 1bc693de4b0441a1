/** A top-level line that starts with another word than a keyword, and the keyword that was meant. */
import type { IToken } from 'chevrotain'
import type { Diagnostic } from '../diagnostic.ts'
import { LINE_NOTE } from '../foreign.ts'
import { foreignKeyword } from '../foreign-keywords.ts'
import { isPackage, PACKAGE_NOTE } from '../foreign-packages.ts'
import { grammarError } from '../messages.ts'
import type { SourceFile } from '../source.ts'
import { didYouMean, nearest } from '../suggest.ts'
import * as T from '../tokens.ts'
import { describe, placeOf } from './errors.ts'

/** The keyword that a word at the start of a declaration most likely means. */
function keywordFor(word: string): string | undefined {
  const lower = word.toLowerCase()
  const isPrefix = (keyword: string) => lower.length >= 3 && keyword.startsWith(lower)
  return foreignKeyword(lower) ?? nearest(lower, T.DECLARATION_WORDS) ?? T.DECLARATION_WORDS.find(isPrefix)
}

/** An object without fields, in Python. */
const EMPTY = /^[ \t]*(?:\w+[ \t]*\([ \t]*\)|\{[ \t]*\})[ \t\r]*(?:\n|\/\/|#|$)/
const FIELDS_NOTE = 'fields are written in the braces of an object: `experiment name { dataset = … }`'

/** Operators with which a sum may go on. */
const SIGNS: ReadonlySet<string> = new Set(['+', '-', '*', '/', '**'])

/** The diagnostic for such a line, and the keyword that its first word is read as, if a declaration follows it. */
export function unknownDeclaration(
  source: SourceFile,
  [found, next, third]: readonly [IToken, IToken, IToken],
): { readonly diagnostic: Diagnostic; readonly keyword?: string } {
  const span = placeOf(source, found, found)
  const shown = { found: describe(found) }
  if (T.isName(found) && next.tokenType === T.Equals) {
    // `config = edict()`, which fields are assigned to.
    if (EMPTY.test(source.text.slice(T.tokenEnd(next), T.tokenEnd(next) + 80)))
      return { diagnostic: grammarError('ARC1206', shown, span, { notes: [FIELDS_NOTE] }) }
    const fix = { message: 'define a name with `let`', span: { ...span, end: span.start }, replacement: 'let ' }
    return { diagnostic: grammarError('ARC1206', shown, span, { fix }) }
  }
  if (SIGNS.has(found.image)) {
    const before = source.text.slice(0, span.start)
    const end = before.trimEnd().length
    const isPlain = !before.slice(before.lastIndexOf('\n', end - 1) + 1, end).includes('//')
    const [blank = ''] = /^[ \t]*/.exec(source.text.slice(span.end, span.end + 80)) ?? []
    const fix = {
      message: 'end the line above in it',
      span: { source, start: end, end: span.end + blank.length },
      replacement: ` ${found.image}${before.slice(end)}`,
    }
    const notes = [LINE_NOTE]
    return { diagnostic: grammarError('ARC1206', shown, span, { notes, ...(isPlain && end > 0 ? { fix } : {}) }) }
  }
  if (found.image === 'import' && isPackage(next.image)) {
    const line = /^[^\n]*\n?/.exec(source.text.slice(span.start))?.[0] ?? ''
    const fix = { message: 'remove it', span: { ...span, end: span.start + line.length }, replacement: '' }
    return { diagnostic: grammarError('ARC1206', shown, span, { notes: [PACKAGE_NOTE], fix }) }
  }
  const word = T.isName(found) ? keywordFor(found.image) : undefined
  if (word !== undefined && goesOn(word, next, third)) {
    return { diagnostic: grammarError('ARC1206', shown, span, didYouMean(word, span)), keyword: word }
  }
  const notes = word === undefined || !T.isName(next) ? [] : [`did you mean \`${word}\`?`]
  const all = `declarations start with ${T.DECLARATION_WORDS.map((w) => `\`${w}\``).join(', ')}`
  return { diagnostic: grammarError('ARC1206', shown, span, { notes: [...notes, all] }) }
}

/** Whether the tokens after a keyword are those of such a declaration. */
function goesOn(keyword: string, next: IToken, third: IToken): boolean {
  const heads: Readonly<Record<string, readonly IToken['tokenType'][]>> = {
    fn: [T.LParen],
    block: [T.LParen],
    backbone: [T.LParen, T.On],
    let: [T.Equals, T.Colon],
  }
  if (keyword === 'use') return T.isName(next) || next.tokenType === T.StringText
  if (keyword === 'extern') return next.tokenType === T.Fn || next.tokenType === T.Block
  if (keyword === 'test') return next.tokenType === T.StringText || third.tokenType === T.LCurly
  const after = heads[keyword] ?? [T.LParen, T.LCurly, T.Extends, T.Colon, T.Minus, T.Identifier]
  return (T.isName(next) || next.tokenType === T.StringText) && after.includes(third.tokenType)
}
