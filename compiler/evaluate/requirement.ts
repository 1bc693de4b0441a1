/** `require condition` in objects and in the blocks of functions: whether it holds, and what is said if it does not. */
import type { Expr } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { walk } from '../../grammar/visit.ts'
import { percentExtras } from '../values/percent.ts'
import type { NumberValue } from '../values/value.ts'
import { type Context, type Env, fail, findLocal, placeOfArgument } from './context.ts'
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

/** The names of values in a condition; those of members (`inner.scale`) are none. */
export function namesIn(condition: Expr): ReadonlySet<string> {
  const names = new Set<string>()
  walk(condition, (node) => {
    if (node.kind === 'Name') names.add(node.name)
    return true
  })
  return names
}

/** Notes with the values that a condition names. */
function notesOf(condition: Expr, env: Env): readonly string[] {
  const named = [...namesIn(condition)].flatMap((name) => {
    const value = findLocal(env, name)
    return value === undefined ? [] : [{ name, value }]
  })
  const degrees = named.flatMap(({ name, value }) => {
    const meant = value.kind === 'number' ? degreesMeant(value) : undefined
    return meant === undefined ? [] : [`in degrees, \`${name}\` would be ${meant}`]
  })
  return [...named.map(({ name, value }) => `\`${name}\` is ${showValue(value)}`), ...degrees]
}

/** An angle of 2 to 90 rad was probably meant in degrees. */
function degreesMeant({ value, dimension }: NumberValue): string | undefined {
  if (dimension.radian !== 1 || value < 2 || value > 90) return undefined
  const radians = (value * Math.PI) / 180
  return `\`${showNumber({ value, dimension: {} })} deg\`, which is ${radians.toFixed(3)} rad`
}

/** Reports a condition of `owner` that does not hold, at the place of what was passed. */
export function failRequire(owner: string, condition: Expr, span: Span, env: Env, context: Context): never {
  const related = [{ span: condition.span, message: 'required here' }]
  const params = { owner, condition: textOf(condition.span) }
  const percent = percentOf(condition, span, env)
  const notes = [...notesOf(condition, env), ...(percent.notes ?? [])]
  return fail(context, 'ARC4213', params, span, { ...percent, related, notes })
}

/** `rate < 1`, but the rate is 20. */
function percentOf(condition: Expr, span: Span, env: Env): Extras {
  if (condition.kind !== 'Binary') return {}
  const { operator, left, right } = condition
  if (operator === 'and') return { ...percentOf(left, span, env), ...percentOf(right, span, env) }
  const isFraction = (operator === '<' || operator === '<=') && right.kind === 'Number' && right.value === 1
  const value = isFraction && left.kind === 'Name' ? findLocal(env, left.name) : undefined
  return value?.kind === 'number' ? percentExtras(value.value, span) : {}
}

/** A condition in the block of a function; one that does not hold ends the evaluation at the call. */
export function requireLocals(condition: Expr, env: Env, context: Context): void {
  if (holds(condition, env, context)) return
  const { name = 'a block', span = condition.span, places } = context.frame ?? {}
  const outer = { ...context, frame: context.frame?.outer }
  const broken = [...namesIn(failingPart(condition, env, context))].filter((known) => places?.has(known))
  const [argument, second] = broken
  const place = argument === undefined || second !== undefined ? undefined : placeOfArgument(argument, places, outer)
  failRequire(name, condition, place ?? span, env, context)
}
