/** `require condition` in objects and in the blocks of functions: whether it holds, and what is said if it does not. */
import type { Expr } from '../../grammar/ast.ts'
import { textOf } from '../../grammar/source.ts'
import { walk } from '../../grammar/visit.ts'
import type { NumberValue, Value } from '../values/value.ts'
import { type Context, type Env, fail, findLocal } from './context.ts'
import { describe, showNumber, showValue } from './show.ts'

/** Anything but `true` and `false`, such as a value of the device, ends the evaluation. */
export function holds(condition: Expr, env: Env, context: Context): boolean {
  const value = context.session.evaluate(condition, env, context)
  if (value.kind === 'bool') return value.value
  return fail(context, 'ARC4002', { found: describe(value), wanted: '`true` or `false`' }, condition.span)
}

/** The first part of a condition with `and` that does not hold. */
export function failingPart(condition: Expr, env: Env, context: Context): Expr {
  if (condition.kind !== 'Binary' || condition.operator !== 'and') return condition
  return failingPart(holds(condition.left, env, context) ? condition.right : condition.left, env, context)
}

/** Notes with the values that a condition names. */
export function notesOf(named: readonly (readonly [name: string, value: Value])[]): readonly string[] {
  const degrees = named.flatMap(([name, value]) => {
    const meant = value.kind === 'number' ? degreesMeant(value) : undefined
    return meant === undefined ? [] : [`in degrees, \`${name}\` would be ${meant}`]
  })
  return [...named.map(([name, value]) => `\`${name}\` is ${showValue(value)}`), ...degrees]
}

/** An angle of 2 to 90 rad was probably meant in degrees. */
function degreesMeant({ value, dimension }: NumberValue): string | undefined {
  if (dimension.radian !== 1 || value < 2 || value > 90) return undefined
  const radians = (value * Math.PI) / 180
  return `\`${showNumber({ value, dimension: {} })} deg\`, which is ${radians.toFixed(3)} rad`
}

/** A condition in the block of a function; one that does not hold ends the evaluation at the call. */
export function requireLocals(condition: Expr, env: Env, context: Context): void {
  if (holds(condition, env, context)) return
  const named = new Map<string, Value>()
  walk(condition, (node) => {
    const value = node.kind === 'Name' ? findLocal(env, node.name) : undefined
    if (node.kind === 'Name' && value !== undefined) named.set(node.name, value)
    return true
  })
  const owner = context.frame?.name ?? 'a block'
  const related = [{ span: condition.span, message: 'required here' }]
  const span = context.frame?.span ?? condition.span
  fail(context, 'ARC4213', { owner, condition: textOf(condition.span) }, span, { related, notes: notesOf([...named]) })
}
