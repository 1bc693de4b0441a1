/**
 * Operator precedence: a chain of operands and operators becomes a tree. Lowest precedence first, as listed in
 * `docs/language.md`.
 */
import type { TokenType } from 'chevrotain'
import type { BinaryOperator, Expr, Ident } from '../ast.ts'
import { bug, type Diagnostic } from '../diagnostic.ts'
import { grammarError } from '../messages.ts'
import { type SourceFile, type Span, textOf } from '../source.ts'
import * as T from '../tokens.ts'

/** More operators than this in one expression would make the tree too deep for later phases. */
export const MAX_OPERATORS = 200

/** An operand with its extent, which is larger than its expression's if it is parenthesized. */
export interface Operand {
  readonly prefixes: readonly T.ArcToken[]
  readonly expr: Expr
  /** `per device` or `global` after it. */
  readonly unit: Ident | undefined
  /** Without the prefixes. */
  readonly start: number
  readonly end: number
}

interface Level {
  readonly binds: number
  readonly associates: 'left' | 'right' | 'none'
  readonly operator: BinaryOperator | '|>' | '..'
}

const level = (binds: number, operator: Level['operator'], associates: Level['associates'] = 'left'): Level => ({
  binds,
  associates,
  operator,
})

const PIPE = 1
const NOT = 4
const COMPARISON = 5
const RANGE = 6
/** `n + 1 per device`: the unit of a batch belongs to the sum before it. */
const UNIT = 7
const POWER = 10

const LEVELS: ReadonlyMap<TokenType, Level> = new Map([
  [T.Pipe, level(PIPE, '|>')],
  [T.Or, level(2, 'or')],
  [T.And, level(3, 'and')],
  [T.EqualEqual, level(COMPARISON, '==', 'none')],
  [T.NotEqual, level(COMPARISON, '!=', 'none')],
  [T.Less, level(COMPARISON, '<', 'none')],
  [T.LessEqual, level(COMPARISON, '<=', 'none')],
  [T.Greater, level(COMPARISON, '>', 'none')],
  [T.GreaterEqual, level(COMPARISON, '>=', 'none')],
  [T.Near, level(COMPARISON, '≈', 'none')],
  [T.DotDot, level(RANGE, '..', 'none')],
  [T.Plus, level(7, '+')],
  [T.Minus, level(7, '-')],
  [T.Star, level(8, '*')],
  [T.Slash, level(8, '/')],
  [T.Div, level(8, 'div')],
  [T.Mod, level(8, 'mod')],
  [T.StarStar, level(POWER, '**', 'right')],
])

interface Chain {
  readonly source: SourceFile
  readonly operands: readonly Operand[]
  readonly operators: readonly T.ArcToken[]
  readonly report: (diagnostic: Diagnostic) => void
  /** The next operand and, after it, the next operator. */
  at: number
  /** The number of operands whose unit belongs to an expression already. */
  measured: number
}

interface Part {
  readonly expr: Expr
  readonly start: number
  readonly end: number
}

/** There is one more of `operands` than of `operators`. */
export function combine(
  source: SourceFile,
  operands: readonly Operand[],
  operators: readonly T.ArcToken[],
  report: (diagnostic: Diagnostic) => void,
): Expr {
  const first = operands[0] ?? bug('a chain without operands')
  if (operators.length === 0 && first.prefixes.length === 0 && first.unit === undefined) return first.expr
  const count = operands.reduce((n, operand) => n + operand.prefixes.length, operators.length)
  if (count > MAX_OPERATORS) {
    const span = {
      source,
      start: first.prefixes[0]?.startOffset ?? first.start,
      end: operands.at(-1)?.end ?? first.end,
    }
    report(grammarError('ARC1212', { limit: MAX_OPERATORS }, span, { notes: ['name a subexpression with `let`'] }))
    return { kind: 'Error', span }
  }
  return climb({ source, operands: withUnits(operands), operators, report, at: 0, measured: 0 }, PIPE).expr
}

/** `2 * 64 per device` is `(2 * 64) per device`: the unit of a later number belongs to the sum. */
function withUnits(operands: readonly Operand[]): readonly Operand[] {
  return operands.map((operand, i) => {
    const { expr } = operand
    if (i === 0 || expr.kind !== 'Number' || !isBatchUnit(expr.unit)) return operand
    const { source, start } = expr.span
    const end = start + textOf({ ...expr.span, end: expr.unit.span.start }).trimEnd().length
    return { ...operand, expr: { ...expr, unit: undefined, span: { source, start, end } }, unit: expr.unit, end }
  })
}

function isBatchUnit(unit: Ident | undefined): unit is Ident {
  return unit !== undefined && (unit.text === 'global' || unit.text.startsWith('per '))
}

/** The unit after the operand that was read last, if it belongs to no expression yet. */
function pendingUnit(chain: Chain): Ident | undefined {
  return chain.measured > chain.at ? undefined : operandAt(chain).unit
}

function measured(chain: Chain, part: Part, unit: Ident): Part {
  chain.measured = chain.at + 1
  const span: Span = { source: chain.source, start: part.start, end: unit.span.end }
  const { expr } = part
  const isNumber = expr.kind === 'Number' && expr.unit === undefined
  const whole: Expr = isNumber ? { ...expr, unit, span } : { kind: 'Batch', value: expr, unit, span }
  return { expr: whole, start: span.start, end: span.end }
}

const operandAt = (chain: Chain): Operand => chain.operands[chain.at] ?? bug('an operator without a right side')

/** Reads operators with at least the precedence `least`, and the first operand's prefixes from number `k` on. */
function climb(chain: Chain, least: number, k = 0): Part {
  let left = prefixed(chain, least, k)
  let last: Level | undefined
  for (;;) {
    const unit = pendingUnit(chain)
    if (unit !== undefined) {
      if (least > UNIT) return left
      left = measured(chain, left, unit)
    }
    const token = chain.operators[chain.at]
    const next = token === undefined ? undefined : (LEVELS.get(token.tokenType) ?? bug(`no level for ${token.image}`))
    if (token === undefined || next === undefined || next.binds < least) return left
    if (last?.associates === 'none' && last.binds === next.binds) left = chained(chain, left, token)
    if (last?.operator === '|>' && next.operator !== '|>') reportLoosePipe(chain, left)
    chain.at += 1
    left = binary(chain, left, token, next, rightSide(chain, next))
    last = next
  }
}

function rightSide(chain: Chain, operator: Level): Part {
  if (operator.operator === '|>') return pipeTarget(chain)
  return climb(chain, operator.associates === 'right' ? operator.binds : operator.binds + 1)
}

function pipeTarget(chain: Chain): Part {
  const operand = operandAt(chain)
  const { kind } = operand.expr
  const isCallable = kind === 'Call' || kind === 'Name' || kind === 'Member' || kind === 'Error'
  if (operand.prefixes.length > 0 || !isCallable) {
    const start = operand.prefixes[0]?.startOffset ?? operand.start
    const span = { source: chain.source, start, end: operand.end }
    chain.report(grammarError('ARC1220', {}, span))
    return { expr: { kind: 'Error', span }, start, end: operand.end }
  }
  return operand
}

/**
 * The current operand with its prefix operators from number `k` on; each applies to everything with higher precedence than
 * itself.
 */
function prefixed(chain: Chain, least: number, k: number): Part {
  const operand = operandAt(chain)
  const token = operand.prefixes[k]
  if (token === undefined) return operand
  const isNot = token.tokenType === T.Not
  if (isNot && least > NOT) {
    const span = { source: chain.source, start: token.startOffset, end: operand.end }
    const fix = { message: 'put it in parentheses', span, replacement: `(${textOf(span)})` }
    chain.report(grammarError('ARC1209', { what: '`not`' }, span, { fix }))
  }
  const inner = climb(chain, isNot ? NOT : POWER, k + 1)
  const span = { source: chain.source, start: token.startOffset, end: inner.end }
  const expr: Expr = { kind: 'Unary', operator: isNot ? 'not' : '-', operand: inner.expr, span }
  return { expr, start: span.start, end: span.end }
}

function binary(chain: Chain, left: Part, token: T.ArcToken, { operator }: Level, right: Part): Part {
  const span: Span = { source: chain.source, start: left.start, end: right.end }
  const part = (expr: Expr): Part => ({ expr, start: span.start, end: span.end })
  // Reported by the lexer.
  if (token.image === '@') return part({ kind: 'Error', span })
  if (operator === '|>') return part({ kind: 'Pipe', value: left.expr, target: right.expr, span })
  if (operator === '..') return part({ kind: 'Range', from: left.expr, to: right.expr, span })
  const operatorSpan = { source: chain.source, start: token.startOffset, end: T.tokenEnd(token) }
  return part({ kind: 'Binary', operator, left: left.expr, right: right.expr, operatorSpan, span })
}

/** Reports `a < b < c`; what stands before the second operator has no value, so that nothing else is reported for it. */
function chained(chain: Chain, part: Part, token: T.ArcToken): Part {
  const left = part.expr
  const span = { source: chain.source, start: token.startOffset, end: T.tokenEnd(token) }
  const first = left.kind === 'Binary' ? left.operator : '..'
  const middle = left.kind === 'Binary' ? textOf(left.right.span) : undefined
  const fix =
    middle === undefined
      ? {}
      : { fix: { message: 'compare twice', span: { ...span, end: span.start }, replacement: `and ${middle} ` } }
  chain.report(grammarError('ARC1208', { first, second: token.image }, span, fix))
  return { ...part, expr: { kind: 'Error', span: { source: chain.source, start: part.start, end: part.end } } }
}

/** `x |> f + y`: a pipeline has the lowest precedence. */
function reportLoosePipe(chain: Chain, pipe: Part): void {
  const span = { source: chain.source, start: pipe.start, end: pipe.end }
  const fix = { message: 'put it in parentheses', span, replacement: `(${textOf(span)})` }
  chain.report(grammarError('ARC1209', { what: 'a pipeline' }, span, { fix }))
}
