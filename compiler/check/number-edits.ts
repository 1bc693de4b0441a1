/** Numbers that do not fit their place: the edits that make them fit. */
import type { Expr, NumberExpr } from '../../grammar/ast.ts'
import type { Extras, Fix } from '../../grammar/diagnostic.ts'
import { textOf } from '../../grammar/source.ts'
import { isDimensionless, sameDimension, showDimension, unitOf } from '../types/dimension.ts'
import { angle, type NumberType, type Type } from '../types/type.ts'
import { angleUnit, exampleOf, scaledExample } from './show-type.ts'

interface BareNumber {
  readonly literal: NumberExpr
  readonly value: number
}

/** A number without a unit, with its sign. */
export function bareNumber(expr: Expr): BareNumber | undefined {
  if (expr.kind === 'Number' && expr.unit === undefined) return { literal: expr, value: expr.value }
  if (
    expr.kind === 'Unary' &&
    expr.operator === '-' &&
    expr.operand.kind === 'Number' &&
    expr.operand.unit === undefined
  )
    return { literal: expr.operand, value: -expr.operand.value }
  return undefined
}

/** `n` where a batch size is required: `n per device`. */
export function batchOf(expr: Expr, actual: NumberType): { fix?: Fix } {
  const isSum = ['Name', 'Member', 'Index', 'Call', 'Binary'].includes(expr.kind)
  if (!isSum || !actual.integer || actual.device || !isDimensionless(actual.dimension)) return {}
  const text = textOf(expr.span)
  const message = `write \`${text} per device\`, or \`${text} global\` for all devices in total`
  return { fix: { message, span: { ...expr.span, start: expr.span.end }, replacement: ' per device' } }
}

/** The fix for a number without its unit. */
export function missingUnit({ literal, value }: BareNumber, wanted: Type): Extras {
  const digits = textOf(literal.span)
  const fixWith = (replacement: string, message: string): { fix: Fix } => ({
    fix: { message, span: { ...literal.span, start: literal.span.end }, replacement: replacement.slice(digits.length) },
  })
  if (wanted.kind === 'number' && sameDimension(wanted.dimension, angle.dimension)) {
    if (angleUnit(value) === 'rad')
      return { label: 'this looks like radians', ...fixWith(`${digits} rad`, 'write the unit') }
    const radians = Number(((value * Math.PI) / 180).toPrecision(3))
    return {
      label: 'this looks like degrees',
      notes: [`${digits} degrees is ${radians} radians`],
      ...fixWith(`${digits} deg`, 'write the unit, or the angle in radians'),
    }
  }
  if (wanted.kind === 'batch')
    return {
      label: 'per device, or over all devices?',
      ...fixWith(
        `${digits} per device`,
        `write \`${digits} per device\`, or \`${digits} global\` for all devices in total`,
      ),
    }
  if (wanted.kind === 'duration')
    return {
      label: 'steps, or epochs?',
      ...fixWith(`${digits} ${value < 100 ? 'epochs' : 'steps'}`, `write \`${digits} steps\` or \`${digits} epochs\``),
    }
  const scaled = scaledExample(wanted, value)
  if (scaled !== undefined) {
    const fix = { message: `write \`${scaled}\``, span: literal.span, replacement: scaled }
    return { label: 'the unit is missing', fix }
  }
  const example = exampleOf(wanted, digits)
  if (example === undefined) return { label: 'the unit is missing' }
  const zero = value === 0 ? ['0 needs its unit too'] : []
  return { label: 'the unit is missing', notes: zero, ...fixWith(example, `write the unit, such as \`${example}\``) }
}

/** `1555 GB` where a bandwidth is required: the same unit per second; `20 epochs` where 20 is: no unit. */
export function otherUnit(expr: Expr, wanted: NumberType): Extras {
  if (expr.kind !== 'Number' || expr.unit === undefined) return {}
  const { text } = expr.unit
  const perSecond = text.endsWith('/s') ? text.slice(0, -2) : `${text}/s`
  const dimension = unitOf(perSecond)?.dimension
  if (dimension !== undefined && sameDimension(dimension, wanted.dimension))
    return { fix: { message: `write \`${perSecond}\``, span: expr.unit.span, replacement: perSecond } }
  if (!isDimensionless(wanted.dimension)) return {}
  const digits = textOf(expr.span)
    .slice(0, expr.unit.span.start - expr.span.start)
    .trimEnd()
  const span = { ...expr.span, start: expr.span.start + digits.length }
  return { fix: { message: `this is ${showDimension({})}: omit the unit`, span, replacement: '' } }
}

/** `512 global` where a number is required: `512`. */
export function withoutBatch(expr: Expr): Extras {
  if ((expr.kind !== 'Number' && expr.kind !== 'Batch') || expr.unit === undefined) return {}
  const written = textOf({ ...expr.span, end: expr.unit.span.start })
  const span = { ...expr.span, start: expr.span.start + written.trimEnd().length }
  return { fix: { message: `write \`${written.trimEnd()}\``, span, replacement: '' } }
}

/** `64.0` where an integer is required: `64`. */
export function wholeNumber(expr: Expr): Extras {
  if (expr.kind === 'Binary' && expr.operator === '/') {
    const fix = { message: '`div` divides whole numbers', span: expr.operatorSpan, replacement: 'div' }
    return { notes: ['the result of `/` is not a whole number'], fix }
  }
  if (expr.kind !== 'Number' || expr.unit !== undefined || !Number.isSafeInteger(expr.value)) return {}
  return { fix: { message: 'write it without a decimal point', span: expr.span, replacement: `${expr.value}` } }
}
