/** `+ - * / div mod **`, comparisons and logic: computed immediately for static values, added as ops for tensors. */
import type { BinaryExpr, BinaryOperator, UnaryExpr } from '../../grammar/ast.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import * as ops from '../ir/ops.ts'
import { alignOperands } from '../primitives/tensors.ts'
import { combineDimensions, type Dimension, isDimensionless, sameDimension, showDimension } from '../types/dimension.ts'
import { duration, enumOf } from '../types/type.ts'
import type { NumberValue, TensorValue, Value } from '../values/value.ts'
import { fitValue } from './conform.ts'
import { type Context, type Env, fail, spend } from './context.ts'
import { bool, list, number, tensor } from './numbers.ts'
import { describe } from './show.ts'

/** The relative tolerance of `≈`, with respect to the larger operand. */
export const nearTolerance = 1e-3

type ListValue = Extract<Value, { kind: 'list' }>

interface Operation {
  readonly context: Context
  readonly operator: BinaryOperator
  readonly span: Span
}

type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='

const directions = { '==': 'EQ', '!=': 'NE', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' } as const

function isComparison(operator: BinaryOperator): operator is Comparison {
  return operator in directions
}

function misfit(at: Operation, left: Value, right: Value): never {
  const words = (value: Value) =>
    value.kind === 'number' && !isDimensionless(value.dimension) ? showDimension(value.dimension) : describe(value)
  return fail(at.context, 'ARC4003', { operator: at.operator, left: words(left), right: words(right) }, at.span)
}

/** The dimension of a result, or a diagnostic if the operands' dimensions are incompatible. */
function resultDimension(at: Operation, left: NumberValue | TensorValue, right: NumberValue | TensorValue): Dimension {
  const [a, b] = [left.dimension, right.dimension]
  switch (at.operator) {
    case '*':
      return combineDimensions(a, b, 1)
    case '/':
      return combineDimensions(a, b, -1)
    case '**':
      return isDimensionless(a) && isDimensionless(b) ? {} : misfit(at, left, right)
    case 'div':
      return sameDimension(a, b) ? {} : misfit(at, left, right)
    default:
      return sameDimension(a, b) ? a : misfit(at, left, right)
  }
}

function compareNumbers(operator: Comparison | '≈', a: number, b: number): boolean {
  switch (operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '≈':
      return Math.abs(a - b) <= nearTolerance * Math.max(Math.abs(a), Math.abs(b))
  }
}

function onNumbers(at: Operation, left: NumberValue, right: NumberValue): Value {
  const dimension = resultDimension(at, left, right)
  const { operator } = at
  const [a, b] = [left.value, right.value]
  if (isComparison(operator) || operator === '≈') return bool(compareNumbers(operator, a, b))
  const whole = left.integer && right.integer
  if ((operator === 'div' || operator === 'mod') && !whole) return misfit(at, left, right)
  if ((operator === '/' || operator === 'div' || operator === 'mod') && b === 0)
    return fail(at.context, 'ARC4004', {}, at.span)
  const compute = (): number => {
    switch (operator) {
      case '+':
        return a + b
      case '-':
        return a - b
      case '*':
        return a * b
      case '/':
        return a / b
      case 'div':
        return Math.floor(a / b)
      case 'mod':
        return a - b * Math.floor(a / b)
      case '**':
        return a ** b
      default:
        return misfit(at, left, right)
    }
  }
  const value = compute()
  if (!Number.isFinite(value)) return fail(at.context, 'ARC4005', { what: `\`${textOf(at.span)}\`` }, at.span)
  return number(value, dimension, whole && operator !== '/' && Number.isSafeInteger(value))
}

/** A factor or exponent of 1 and a summand of 0 leave the tensor unchanged. */
function unchanged(operator: BinaryOperator, left: NumberValue | TensorValue, right: NumberValue | TensorValue) {
  const is = (value: NumberValue | TensorValue, wanted: number) => value.kind === 'number' && value.value === wanted
  if ((operator === '*' || operator === '/' || operator === '**') && is(right, 1)) return left
  if (operator === '*' && is(left, 1)) return right
  if ((operator === '+' || operator === '-') && is(right, 0)) return left
  if (operator === '+' && is(left, 0)) return right
  return undefined
}

function onTensors(at: Operation, left: NumberValue | TensorValue, right: NumberValue | TensorValue): Value {
  const { context, operator } = at
  const dimension = resultDimension(at, left, right)
  const builder = context.builder ?? fail(context, 'ARC4017', { what: `\`${operator}\` of tensors` }, at.span)
  const same = unchanged(operator, left, right)
  if (same?.kind === 'tensor') return tensor(same.value, dimension)
  const plain = (value: NumberValue | TensorValue) => value.value
  const aligned = alignOperands(builder, [plain(left), plain(right)])
  if ('misfit' in aligned) {
    const [a, b] = aligned.misfit
    return fail(context, 'ARC4101', { operator, left: a, right: b }, at.span)
  }
  const [x = 0, y = 0] = aligned.operands
  return builder.within({ span: at.span, path: context.scope.path }, () => {
    if (isComparison(operator)) return tensor(ops.compare(builder, directions[operator], x, y))
    switch (operator) {
      case '+':
        return tensor(ops.add(builder, x, y), dimension)
      case '-':
        return tensor(ops.subtract(builder, x, y), dimension)
      case '*':
        return tensor(ops.multiply(builder, x, y), dimension)
      case '/':
        return tensor(ops.divide(builder, x, y), dimension)
      case '**':
        return tensor(ops.power(builder, x, y), dimension)
      default:
        return misfit(at, left, right)
    }
  })
}

function isNumeric(value: Value): value is NumberValue | TensorValue {
  return value.kind === 'number' || (value.kind === 'tensor' && value.value.type.dtype !== 'pred')
}

function isCondition(value: Value): boolean {
  return value.kind === 'bool' || (value.kind === 'tensor' && value.value.type.dtype === 'pred')
}

/** `and`, `or` where at least one side is only known on the device. */
function onConditions(at: Operation, left: Value, right: Value): Value {
  const { context, operator } = at
  const builder = context.builder
  if (!isCondition(left) || !isCondition(right) || builder === undefined) return misfit(at, left, right)
  const decides = operator === 'or'
  for (const [known, other] of [
    [left, right],
    [right, left],
  ] as const)
    if (known.kind === 'bool') return known.value === decides ? known : other
  if (left.kind !== 'tensor' || right.kind !== 'tensor') return misfit(at, left, right)
  const aligned = alignOperands(builder, [left.value, right.value])
  if ('misfit' in aligned) {
    const [a, b] = aligned.misfit
    return fail(context, 'ARC4101', { operator, left: a, right: b }, at.span)
  }
  const [x = 0, y = 0] = aligned.operands
  return tensor(operator === 'and' ? ops.and(builder, x, y) : ops.or(builder, x, y))
}

/** Whether two lists agree element by element; elements that cannot be compared are refused. */
function sameLists(at: Operation, left: ListValue, right: ListValue): boolean {
  if (left.items.length !== right.items.length) return false
  spend(at.context, left.items.length, at.span)
  return left.items.every((item, i) => {
    const other = right.items[i]
    return other !== undefined && agrees(at, item, other)
  })
}

/** `==` or `≈` of two values that are known before the run. */
function agrees(at: Operation, left: Value, right: Value): boolean {
  if (left.kind === 'list' && right.kind === 'list') return sameLists(at, left, right)
  if (left.kind === 'number' && right.kind === 'number')
    return sameDimension(left.dimension, right.dimension)
      ? compareNumbers(at.operator === '≈' ? '≈' : '==', left.value, right.value)
      : misfit(at, left, right)
  return sameValue(left, right) ?? misfit(at, left, right)
}

/** Whether two values that are no plain numbers are equal; `undefined` if they cannot be compared, such as steps and epochs. */
function sameValue(left: Value, right: Value): boolean | undefined {
  if (left.kind === 'duration' || right.kind === 'duration') {
    const [a, b] = [fitValue(left, duration), fitValue(right, duration)]
    return a?.kind === 'duration' && b?.kind === 'duration' && a.unit === b.unit ? a.count === b.count : undefined
  }
  if (left.kind === 'string' && right.kind === 'string') return left.value === right.value
  if (left.kind === 'bool' && right.kind === 'bool') return left.value === right.value
  if (left.kind === 'enum' && right.kind === 'enum') return left.member === right.member
  return undefined
}

export function evaluateBinary(expr: BinaryExpr, env: Env, context: Context): Value {
  const { operator, span } = expr
  const at: Operation = { context, operator, span }
  const left = context.session.evaluate(expr.left, env, context)
  if (left.kind === 'bool' && (operator === 'and' || operator === 'or') && left.value === (operator === 'or'))
    return left
  // Next to an enum member, a name is another member: `device.kind == cuda`.
  const named = left.kind === 'enum' && expr.right.kind === 'Name' ? enumOf('', [expr.right.name]) : undefined
  const right = context.session.evaluate(expr.right, env, context, named)
  if (operator === 'and' || operator === 'or')
    return left.kind === 'bool' && right.kind === 'bool' ? right : onConditions(at, left, right)
  if (operator === '==' || operator === '!=') {
    const same = sameValue(left, right)
    if (same !== undefined) return bool(same === (operator === '=='))
  }
  if (left.kind === 'list' && right.kind === 'list') {
    if (operator === '+') {
      spend(context, left.items.length + right.items.length, span)
      return list([...left.items, ...right.items])
    }
    if (operator === '==' || operator === '≈') return bool(sameLists(at, left, right))
    if (operator === '!=') return bool(!sameLists(at, left, right))
  }
  for (const [value, side] of [
    [left, expr.left],
    [right, expr.right],
  ] as const)
    if (value.kind === 'none') return fail(context, 'ARC4284', { what: textOf(side.span) }, side.span)
  if (left.kind === 'number' && right.kind === 'number') return onNumbers(at, left, right)
  return isNumeric(left) && isNumeric(right) ? onTensors(at, left, right) : misfit(at, left, right)
}

export function evaluateUnary(expr: UnaryExpr, env: Env, context: Context): Value {
  const value = context.session.evaluate(expr.operand, env, context)
  const { builder } = context
  if (expr.operator === 'not') {
    if (value.kind === 'bool') return bool(!value.value)
    if (value.kind === 'tensor' && builder !== undefined && isCondition(value))
      return tensor(ops.not(builder, value.value))
    return fail(context, 'ARC4002', { found: describe(value), wanted: '`true` or `false`' }, expr.operand.span)
  }
  if (value.kind === 'number') return { ...value, value: -value.value }
  if (value.kind === 'tensor' && builder !== undefined && isNumeric(value))
    return tensor(ops.negate(builder, value.value), value.dimension)
  return fail(context, 'ARC4002', { found: describe(value), wanted: 'a number' }, expr.operand.span)
}
