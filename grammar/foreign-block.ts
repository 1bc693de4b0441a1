/** Classes and functions of Python, whose bodies are indented lines that mean nothing here: one report, at the first word. */
import type { DiagnosticBag } from './diagnostic.ts'
import { grammarError } from './messages.ts'
import { type Span, textOf } from './source.ts'
import * as T from './tokens.ts'

/** The head, which ends in a colon, and the lines below it that are indented or empty. */
const BLOCK =
  /(?:async[ \t]+def|def|class)[ \t]+\w+[ \t]*(?:\((?:[^(){}]|\([^(){}]*\))*\))?[ \t]*(?:->[^\n:{}]*)?:[ \t]*(?:#[^\n]*)?(?:\r?\n(?:[ \t]*(?=\r?\n)|[ \t]+[^\n]+))+/y

/** Where the block that starts at an offset ends. */
export function foreignBlockEnd(text: string, start: number): number | undefined {
  if (start > 0 && text.charAt(start - 1) !== '\n') return undefined
  BLOCK.lastIndex = start
  const block = BLOCK.exec(text)?.[0]
  return block === undefined ? undefined : start + block.trimEnd().length
}

const FORMS: Readonly<Record<string, string>> = {
  class: 'a part of a network is written `block name(x: Image) -> Image { … }`',
  def: 'a function is written `fn name(x: int) -> int { … }`',
}

/** The name is declared, without a value, so that nothing is reported where it is used. */
export function readForeignBlock(span: Span, bag: DiagnosticBag): readonly T.ArcToken[] {
  const [word = '', keyword = '', name = ''] = /^(?:async[ \t]+)?(def|class)[ \t]+(\w+)/.exec(textOf(span)) ?? []
  const first = word.startsWith('async') ? 'async' : keyword
  const place = { ...span, end: span.start + first.length }
  bag.add(grammarError('ARC1206', { found: `\`${first}\`` }, place, { notes: [FORMS[keyword] ?? ''] }))
  if (!/^[A-Za-z_]/.test(name) || T.KEYWORDS.has(name)) return []
  const at = span.start + word.length
  return [
    T.makeToken(T.Let, '', span.start),
    T.makeToken(T.Identifier, name, at - name.length),
    T.makeToken(T.Equals, '', at),
    T.makeToken(T.Unreadable, '', at),
  ]
}
