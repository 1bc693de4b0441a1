/** Operators: the operands they accept, and the dimension of the result. */
import type { BinaryExpr, BinaryOperator, Expr, UnaryExpr } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { floored } from '../../grammar/remainder.ts'
import { textOf } from '../../grammar/source.ts'
import { combineDimensions, isDimensionless, sameDimension, showDimension } from '../types/dimension.ts'
import { bool, duration, int, listOf, type NumberType, type Type, unknown } from '../types/type.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { fits, isPlainNumber, join } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { angleUnit, exampleOf, showType } from './show-type.ts'

type Family = 'sum' | 'product' | 'quotient' | 'whole' | 'power' | 'order' | 'equality' | 'logic'

const families: { readonly [O in BinaryOperator]: Family } = {
  '+': 'sum',
  '-': 'sum',
  '*': 'product',
  '/': 'quotient',
  div: 'whole',
  mod: 'whole',
  '**': 'power',
  '<': 'order',
  '<=': 'order',
  '>': 'order',
  '>=': 'order',
  '≈': 'order',
  '==': 'equality',
  '!=': 'equality',
  and: 'logic',
  or: 'logic',
}

interface Operands {
  readonly expr: BinaryExpr
  readonly left: Type
  readonly right: Type
}

export function typeOfUnary(checker: Checker, expr: UnaryExpr, scope: Scope): Type {
  const type = checker.infer(expr.operand, scope)
  if (type.kind === 'unknown') return type
  if (expr.operator === 'not') {
    if (type.kind === 'bool') return type
    return refuse(checker, 'not', '`true` or `false`', type, expr.operand, bool)
  }
  if (type.kind === 'number' || type.kind === 'tensor') return type
  return refuse(checker, '-', 'a number', type, expr.operand, unknown)
}

export function typeOfBinary(checker: Checker, expr: BinaryExpr, scope: Scope): Type {
  const family = families[expr.operator]
  const left = checker.infer(expr.left, scope)
  const right = checker.infer(expr.right, scope, family === 'equality' ? left : undefined)
  const operands = { expr, left, right }
  switch (family) {
    case 'sum':
      if (expr.operator === '+' && left.kind === 'list' && right.kind === 'list') return joined(checker, operands)
      return arithmetic(checker, operands, sum)
    case 'product':
      return arithmetic(checker, operands, (_, a, b) => ({
        ...combined(a, b),
        dimension: combineDimensions(a.dimension, b.dimension, 1),
      }))
    case 'quotient':
      return arithmetic(checker, operands, (_, a, b) => ({
        ...combined(a, b),
        integer: false,
        dimension: combineDimensions(a.dimension, b.dimension, -1),
      }))
    case 'whole':
      return whole(checker, operands)
    case 'power':
      return power(checker, operands)
    case 'order':
      return order(checker, operands)
    case 'equality':
      return equality(checker, operands)
    case 'logic':
      return logic(checker, operands)
  }
}

function combined(a: NumberType, b: NumberType): NumberType {
  return { ...a, integer: a.integer && b.integer, device: a.device || b.device }
}

/** Reports an operand that the operator does not accept; returns `result`, so that nothing else is reported for it. */
function refuse(
  checker: Checker,
  operator: string,
  wanted: string,
  found: Type,
  at: Expr,
  result: Type,
  extras: Extras = {},
): Type {
  const notes = found.kind === 'string' && operator === '+' ? ['strings are joined by interpolation: `"{a}{b}"`'] : []
  const params = { operator, wanted, found: showType(found) }
  const said = { notes, label: `this is ${showType(found)}`, ...extras }
  report(checker, checkDiagnostic('ARC3009', params, at.span, said))
  return result
}

/** `step mod 2` of numbers that need not be whole: the same with `floor`, as an edit if both operands are numbers. */
function byFloor({ expr, left, right }: Operands): Extras {
  const form = expr.operator === 'mod' ? '`x - y * floor(x / y)`' : '`floor(x / y)`'
  const what = expr.operator === 'mod' ? 'the remainder' : 'the whole quotient'
  const notes = [`${what} of other numbers is ${form}`]
  const isScalar = (type: Type) => type.kind === 'tensor' || isPlainNumber(type)
  if (!isScalar(left) || !isScalar(right)) return { notes }
  const replacement = floored(expr.operator === 'mod', factor(expr.left), factor(expr.right))
  return { notes, fix: { message: 'compute it with `floor`', span: expr.span, replacement } }
}

/** The text of an operand as a factor. */
function factor({ kind, span }: Expr): string {
  const isSimple = kind === 'Name' || kind === 'Number' || kind === 'Call' || kind === 'Member' || kind === 'Index'
  return isSimple ? textOf(span) : `(${textOf(span)})`
}

/** Numbers by `rule`; tensors with tensors and plain numbers, elementwise. */
function arithmetic(
  checker: Checker,
  operands: Operands,
  rule: (checker: Checker, a: NumberType, b: NumberType, operands: Operands) => Type,
): Type {
  const { expr, left, right } = operands
  if (left.kind === 'number' && right.kind === 'number') return rule(checker, left, right, operands)
  for (const [type, at] of [
    [left, expr.left],
    [right, expr.right],
  ] as const) {
    const taken = type.kind === 'number' || type.kind === 'tensor' || type.kind === 'unknown'
    if (!taken) return refuse(checker, expr.operator, 'numbers or tensors', type, at, unknown)
  }
  if (left.kind === 'tensor' && right.kind === 'tensor') {
    const joined = fits(left, right) ? join(left, right) : undefined
    return joined ?? refuse(checker, expr.operator, 'tensors of one shape', right, expr.right, unknown)
  }
  if (left.kind === 'unknown' || right.kind === 'unknown')
    return left.kind === 'tensor' ? left : right.kind === 'tensor' ? right : unknown
  const [tensor, number, at] = left.kind === 'tensor' ? [left, right, expr.right] : [right, left, expr.left]
  if (isPlainNumber(number)) return tensor
  return refuse(checker, expr.operator, 'plain numbers beside tensors', number, at, tensor)
}

function sum(checker: Checker, a: NumberType, b: NumberType, { expr }: Operands): Type {
  if (sameDimension(a.dimension, b.dimension)) return combined(a, b)
  const [left, right] = [showDimension(a.dimension), showDimension(b.dimension)]
  const doing = expr.operator === '+' ? `add ${right} to ${left}` : `subtract ${right} from ${left}`
  return reportDimensions(checker, expr, a, b, doing, unknown)
}

/** Both sides of a sum or comparison with different dimensions. */
function reportDimensions(
  checker: Checker,
  expr: BinaryExpr,
  a: NumberType,
  b: NumberType,
  doing: string,
  result: Type,
): Type {
  const left = showDimension(a.dimension)
  const right = showDimension(b.dimension)
  const related = [{ span: expr.left.span, message: left }]
  const fix = unitFix(expr.right, a, b) ?? unitFix(expr.left, b, a)
  const notes = fix === undefined ? angleNotes(expr, a, b) : []
  const diagnostic = checkDiagnostic('ARC3008', { doing }, expr.right.span, {
    label: right,
    related,
    notes,
    ...(fix && { fix }),
  })
  report(checker, diagnostic)
  return result
}

/** An angle beside a plain number, which is that of a cosine or lacks its unit. */
function angleNotes({ left, right }: BinaryExpr, a: NumberType, b: NumberType): readonly string[] {
  const plain = isDimensionless(a.dimension) && b.dimension.radian === 1 ? left : right
  const [own, other] = plain === left ? [a, b] : [b, a]
  if (!isDimensionless(own.dimension) || other.dimension.radian !== 1) return []
  const text = textOf(plain.span)
  if (plain.kind === 'Name' && text === 'cos') return ['the angle of a cosine is `acos(cos)`']
  const product = plain.kind === 'Binary' && plain.operator !== '*' ? `(${text})` : text
  return [`in radians, it is \`${product} * 1 rad\``]
}

/** A bare literal next to a quantity: the unit is missing. */
function unitFix(at: Expr, other: NumberType, own: NumberType) {
  if (at.kind !== 'Number' || at.unit !== undefined || !isDimensionless(own.dimension)) return undefined
  const digits = textOf(at.span)
  const angle = other.dimension.radian === 1 ? `${digits} ${angleUnit(at.value)}` : undefined
  const example = angle ?? exampleOf(other, digits)
  if (example === undefined) return undefined
  const message = `write the unit, such as \`${example}\``
  return { message, span: { ...at.span, start: at.span.end }, replacement: example.slice(digits.length) }
}

/** `[1, 2] + [3]`: the elements of both lists, which are of one kind. */
function joined(checker: Checker, { expr, left, right }: Operands): Type {
  const list = join(left, right)
  if (list !== undefined) return list
  const params = { doing: `join ${showType(left)} and ${showType(right)}` }
  const related = [{ span: expr.left.span, message: showType(left) }]
  report(checker, checkDiagnostic('ARC3008', params, expr.right.span, { label: showType(right), related }))
  return unknown
}

function whole(checker: Checker, { expr, left, right }: Operands): Type {
  for (const [type, at] of [
    [left, expr.left],
    [right, expr.right],
  ] as const) {
    const taken = type.kind === 'unknown' || (isPlainNumber(type) && type.integer && !type.device)
    if (!taken) return refuse(checker, expr.operator, 'whole numbers', type, at, int, byFloor({ expr, left, right }))
  }
  return int
}

/** A power of whole numbers is whole unless the exponent is written with a minus; evaluation finds others below 0. */
function power(checker: Checker, { expr, left, right }: Operands): Type {
  if (right.kind !== 'unknown' && !isPlainNumber(right))
    return refuse(checker, '**', 'a plain number as its exponent', right, expr.right, unknown)
  if (left.kind === 'tensor' || left.kind === 'unknown') return left
  if (!isPlainNumber(left)) return refuse(checker, '**', 'a plain number', left, expr.left, unknown)
  if (right.kind === 'unknown') return unknown
  const integer = left.integer && right.integer && expr.right.kind !== 'Unary'
  return { ...combined(left, right), integer }
}

function order(checker: Checker, { expr, left, right }: Operands): Type {
  if (left.kind === 'number' && right.kind === 'number') {
    const device = left.device || right.device
    const result = device ? deviceBool : bool
    if (sameDimension(left.dimension, right.dimension)) return result
    const doing = `compare ${showDimension(left.dimension)} with ${showDimension(right.dimension)}`
    return reportDimensions(checker, expr, left, right, doing, result)
  }
  if (expr.operator === '≈' && left.kind === 'list' && right.kind === 'list')
    return nearLists(checker, expr, left, right)
  for (const [type, at] of [
    [left, expr.left],
    [right, expr.right],
  ] as const)
    if (type.kind !== 'number' && type.kind !== 'tensor' && type.kind !== 'unknown')
      return refuse(checker, expr.operator, 'numbers', type, at, bool)
  return left.kind === 'tensor' || right.kind === 'tensor' ? deviceBool : bool
}

type ListType = Extract<Type, { kind: 'list' }>

/** `[0.1, 0.2] ≈ rates`: lists of numbers known before the run, in one unit. */
function nearLists(checker: Checker, expr: BinaryExpr, left: ListType, right: ListType): Type {
  for (const [type, at] of [
    [left.element, expr.left],
    [right.element, expr.right],
  ] as const)
    if (type.kind !== 'unknown' && (type.kind !== 'number' || type.device))
      return refuse(checker, '≈', 'numbers or lists of numbers', type.kind === 'number' ? type : listOf(type), at, bool)
  if (left.element.kind === 'number' && right.element.kind === 'number')
    return order(checker, { expr, left: left.element, right: right.element })
  return bool
}

const deviceBool: Type = { kind: 'bool', device: true }

const numeric = new Set<Type['kind']>(['number', 'tensor'])
const comparable = new Set<Type['kind']>(['number', 'bool', 'string', 'enum', 'union', 'list', 'duration', 'unknown'])

function equality(checker: Checker, operands: Operands): Type {
  const { expr, left, right } = operands
  if (numeric.has(left.kind) && numeric.has(right.kind)) return order(checker, operands)
  if (fits(left, duration) && fits(right, duration)) return bool
  for (const [type, at] of [
    [left, expr.left],
    [right, expr.right],
  ] as const)
    if (!comparable.has(type.kind))
      return refuse(checker, expr.operator, 'numbers, strings, names, durations or lists', type, at, bool)
  if (join(left, right) === undefined) {
    const params = { doing: `compare ${showType(left)} with ${showType(right)}` }
    const related = [{ span: expr.left.span, message: showType(left) }]
    report(checker, checkDiagnostic('ARC3008', params, expr.right.span, { label: showType(right), related }))
  }
  return bool
}

function logic(checker: Checker, { expr, left, right }: Operands): Type {
  let device = false
  for (const [type, at] of [
    [left, expr.left],
    [right, expr.right],
  ] as const) {
    if (type.kind === 'bool') device ||= type.device === true
    else if (type.kind !== 'unknown') return refuse(checker, expr.operator, '`true` or `false`', type, at, bool)
  }
  return device ? deviceBool : bool
}
