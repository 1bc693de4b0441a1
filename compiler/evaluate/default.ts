/** Defaults of the field tables: `.arc` text, read by the language's parser and evaluated in the scope of the standard library. */
import type { Expr } from '../../grammar/ast.ts'
import { bug, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { parseExpression } from '../../grammar/parser/parser.ts'
import type { FieldSpec } from '../schema/spec.ts'
import type { Value } from '../values/value.ts'
import { conform } from './conform.ts'
import { type Context, staticContext } from './context.ts'
import { none } from './numbers.ts'

/** Each default is parsed once, when a file first omits its field. */
const parsed = new WeakMap<FieldSpec, Expr>()

function expressionOf(spec: FieldSpec, text: string): Expr {
  const known = parsed.get(spec)
  if (known !== undefined) return known
  const bag = new DiagnosticBag()
  const expr = parseExpression({ path: 'std/defaults.arc', text }, bag)
  if (bag.hasErrors) return bug(`the default \`${text}\` cannot be read`)
  parsed.set(spec, expr)
  return expr
}

/** The value of an omitted field; `none` if it has no default. */
export function defaultOf(spec: FieldSpec, context: Context): Value {
  if (spec.default === undefined) return none
  const { session } = context
  const expr = expressionOf(spec, spec.default)
  const env = { module: session.program.library(), locals: undefined }
  const value = session.evaluate(expr, env, staticContext(session), spec.type)
  return conform(context, value, spec.type, expr.span)
}
