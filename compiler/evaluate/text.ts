/** Strings with interpolation. */
import type { StringExpr } from '../../grammar/ast.ts'
import type { StringValue } from '../values/value.ts'
import { type Context, type Env, fail } from './context.ts'
import { describe, showNumber } from './show.ts'

const lengthLimit = 10_000

/** The text of a string; text only known at the start of the run stays pending. */
export function stringText(expr: StringExpr, env: Env, context: Context): StringValue {
  let value = expr.texts[0] ?? ''
  let pending: string | undefined
  for (const [index, hole] of expr.holes.entries()) {
    const shown = context.session.evaluate(hole, env, context)
    switch (shown.kind) {
      case 'string':
        value += shown.value
        pending ??= shown.pending
        break
      case 'number':
        value += showNumber(shown)
        break
      case 'bool':
        value += String(shown.value)
        break
      case 'enum':
        value += shown.member
        break
      default:
        fail(context, 'ARC4002', { found: describe(shown), wanted: 'a number or a string' }, hole.span)
    }
    value += expr.texts[index + 1] ?? ''
    if (value.length > lengthLimit)
      fail(
        context,
        'ARC4023',
        { what: 'the length of a string', bounds: `at most ${lengthLimit}`, found: value.length },
        expr.span,
      )
  }
  return { kind: 'string', value, pending }
}
