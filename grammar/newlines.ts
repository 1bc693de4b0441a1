/**
 * Line breaks terminate entries and declarations: this pass keeps the line breaks that end something and drops the others. It
 * drops line breaks inside ( ), [ ] and holes of strings; after tokens that cannot end an item (operators, commas, `{`, `=`,
 * `then` …); and before tokens that continue one (`|>`, `else`, `then`, `.`, `and`, `or`, `as`) or close a block. Consecutive
 * line breaks become one.
 */
import type { TokenType } from 'chevrotain'
import { isCloser, isOpener } from './brackets.ts'
import { beginsDeclaration, beginsField } from './layout.ts'
import * as T from './tokens.ts'

const UNFINISHED: ReadonlySet<TokenType> = new Set([
  ...[T.Pipe, T.Arrow, T.EqualEqual, T.NotEqual, T.LessEqual, T.GreaterEqual, T.Less, T.Greater, T.Near, T.StarStar],
  ...[T.Plus, T.Minus, T.Star, T.Slash, T.DotDot, T.Dot, T.Colon, T.Equals, T.And, T.Or, T.Not, T.Div, T.Mod],
  ...[T.If, T.Then, T.Else, T.For, T.In, T.Carry, T.As],
])
const CONTINUING: ReadonlySet<TokenType> = new Set([T.Pipe, T.Else, T.Then, T.Dot, T.And, T.Or, T.As])

/** Returns the tokens with only the significant line breaks; brackets must be balanced. */
export function significantNewlines(tokens: readonly T.ArcToken[]): T.ArcToken[] {
  const kept: T.ArcToken[] = []
  const open: TokenType[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]
    if (token === undefined) continue
    if (token.tokenType === T.Newline) {
      if (endsItem(tokens, i, kept.at(-1), open.at(-1))) kept.push(token)
      continue
    }
    if (isCloser(token)) open.pop()
    if (isOpener(token) || token.tokenType === T.StringMiddle) open.push(token.tokenType)
    kept.push(token)
  }
  return kept
}

function endsItem(
  tokens: readonly T.ArcToken[],
  i: number,
  before: T.ArcToken | undefined,
  within: TokenType | undefined,
): boolean {
  if (within !== undefined && within !== T.LCurly) return false
  if (before === undefined || before.tokenType === T.Newline) return false
  if (before.tokenType === T.LCurly || before.tokenType === T.Comma) return false
  let next = i + 1
  while (tokens[next]?.tokenType === T.Newline) next += 1
  const after = tokens[next]
  if (after === undefined || after.tokenType === T.RCurly || CONTINUING.has(after.tokenType)) return false
  // `batch =` followed by a line with the next field or declaration: the value is missing, and the mistake ends here.
  return !UNFINISHED.has(before.tokenType) || beginsField(tokens, next) || beginsDeclaration(tokens, next)
}
