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
  /** The number after the operator that the sign contains. */
  readonly number?: string
}

/** Where a line does not end. */
export const LINE_NOTE = 'a line goes on where it ends in an operator or a comma, and inside ( ) and [ ]'

export const REASSIGNMENT_NOTE =
  'a name keeps its value; bind the new value to a new name with `let`, or carry it through a loop: `for i in 0..n carry x = start { … }`'

const ASSIGNMENT: Foreign = { tokenType: T.Equals, right: undefined, note: REASSIGNMENT_NOTE }

const PIPELINE: Foreign = { tokenType: T.Pipe, right: '|>' }

const FOREIGN: Readonly<Record<string, Foreign>> = {
  '===': { tokenType: T.EqualEqual, right: '==' },
  '!==': { tokenType: T.NotEqual, right: '!=' },
  '&&': { tokenType: T.And, right: 'and' },
  '&': { tokenType: T.And, right: 'and' },
  '||': { tokenType: T.Or, right: 'or' },
  '|': { tokenType: T.Or, right: 'or', note: 'a pipeline is written `|>`' },
  '||>': PIPELINE,
  '|>>': PIPELINE,
  '|->': PIPELINE,
  '|=>': PIPELINE,
  '>>': PIPELINE,
  '%>%': PIPELINE,
  '<>': { tokenType: T.NotEqual, right: '!=' },
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
  ...Object.fromEntries([...'−–—‐‑'].map((dash) => [dash, { tokenType: T.Minus, right: '-' }])),
  '²': { tokenType: T.StarStar, right: '** 2', replacement: ' ** 2', number: '2' },
  '³': { tokenType: T.StarStar, right: '** 3', replacement: ' ** 3', number: '3' },
  '°': { tokenType: T.Identifier, right: 'deg', replacement: ' deg' },
  '+=': ASSIGNMENT,
  '-=': ASSIGNMENT,
  '*=': ASSIGNMENT,
  '/=': ASSIGNMENT,
}

const PIPELINE_OR_CONDITION: Foreign = { ...PIPELINE, note: 'for one of two conditions, write `or`' }

/** The meaning of a foreign operator before `end`. A single `|` before a layer's name is a pipeline, if the text has others. */
export function foreignOperator(image: string, text: string, end: number): Foreign | undefined {
  const isBeforeName = /^\s*(?!true\b|false\b|not\b)[A-Za-z_]/.test(text.slice(end, end + 80))
  return image === '|' && isBeforeName && text.includes('|>') ? PIPELINE_OR_CONDITION : FOREIGN[image]
}
