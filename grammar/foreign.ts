/** Operators of other languages, and their equivalents here. */
import type { TokenType } from 'chevrotain'
import * as T from './tokens.ts'

export interface Foreign {
  /** The token that it is treated as. */
  readonly tokenType: TokenType
  /** The spelling here; `undefined` if there is no equivalent. */
  readonly right: string | undefined
  /** The text that replaces it, if it differs from `right`. */
  readonly replacement?: string
  readonly note?: string
}

const ASSIGNMENT: Foreign = {
  tokenType: T.Equals,
  right: undefined,
  note: 'a name keeps its value; bind the new value to a new name with `let`, or carry it through a loop: `for i in 0..n carry x = start { … }`',
}

export const FOREIGN: Readonly<Record<string, Foreign>> = {
  '===': { tokenType: T.EqualEqual, right: '==' },
  '!==': { tokenType: T.NotEqual, right: '!=' },
  '&&': { tokenType: T.And, right: 'and' },
  '&': { tokenType: T.And, right: 'and' },
  '||': { tokenType: T.Or, right: 'or' },
  '|': { tokenType: T.Or, right: 'or', note: 'a pipeline is written `|>`' },
  '!': { tokenType: T.Not, right: 'not', replacement: 'not ' },
  '=>': { tokenType: T.Equals, right: '=' },
  ':=': { tokenType: T.Equals, right: '=' },
  '^': { tokenType: T.StarStar, right: '**' },
  '≠': { tokenType: T.NotEqual, right: '!=' },
  '≤': { tokenType: T.LessEqual, right: '<=' },
  '≥': { tokenType: T.GreaterEqual, right: '>=' },
  '×': { tokenType: T.Star, right: '*' },
  '·': { tokenType: T.Star, right: '*' },
  '÷': { tokenType: T.Slash, right: '/' },
  '−': { tokenType: T.Minus, right: '-' },
  '+=': ASSIGNMENT,
  '-=': ASSIGNMENT,
  '*=': ASSIGNMENT,
  '/=': ASSIGNMENT,
}
