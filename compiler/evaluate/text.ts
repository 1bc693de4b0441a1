/** Strings with interpolation. */
import type { StringExpr } from '../../grammar/ast.ts'
import { showString } from '../../grammar/strings.ts'
import type { StringValue } from '../values/value.ts'
import { type Context, type Env, fail } from './context.ts'
import { describe, showNumber } from './show.ts'

const lengthLimit = 10_000

/** Text inside a string of the language, without the quotes. */
const inside = (text: string) => (/^[\w. ]*$/.test(text) ? text : showString(text).slice(1, -1))

/** A pending text inside a string: the contents of a string, or a hole with a call. */
const piece = (template: string) => (template.startsWith('"') ? template.slice(1, -1) : `{${template}}`)

/** The text of a string; text only known at the start of the run stays pending. */
export function stringText(expr: StringExpr, env: Env, context: Context): StringValue {
  let value = expr.texts[0] ?? ''
  let pending: string | undefined
  let template = inside(value)
  for (const [index, hole] of expr.holes.entries()) {
    const shown = context.session.evaluate(hole, env, context)
    const before = value.length
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
    const isPending = shown.kind === 'string' && shown.template !== undefined
    template += isPending ? piece(shown.template) : inside(value.slice(before))
    const next = expr.texts[index + 1] ?? ''
    value += next
    template += inside(next)
    if (value.length > lengthLimit)
      fail(
        context,
        'ARC4023',
        { what: 'the length of a string', bounds: `at most ${lengthLimit}`, found: value.length },
        expr.span,
      )
  }
  return pending === undefined
    ? { kind: 'string', value, pending }
    : { kind: 'string', value, pending, template: `"${template}"` }
}
