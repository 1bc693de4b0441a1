/** `interclass_filter(threshold: 0.4) |> cosface()`: the object that takes another one stands before it. */
import type { Expr, ObjectDecl, PipeExpr } from '../../grammar/ast.ts'
import { textOf } from '../../grammar/source.ts'
import { type Type, unknown } from '../types/type.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { checkDiagnostic } from './messages.ts'
import { callParameters } from './signatures.ts'

/** The object that a call, or a name in a pipeline, makes. */
function madeBy(expr: Expr, scope: Scope): ObjectDecl | undefined {
  const callee = expr.kind === 'Call' ? expr.callee : expr
  const decl = callee.kind === 'Name' ? scope.module.scope.get(callee.name)?.decl : undefined
  return decl?.kind === 'Object' ? decl : undefined
}

/** The name of the parameter that takes an object of the same kind. */
function innerOf(checker: Checker, decl: ObjectDecl): string | undefined {
  const found = callParameters(checker, decl).find(
    ({ type }) => type.kind === 'object' && type.keyword === decl.keyword,
  )
  return found?.parameter.name.text
}

/** The type of the reversed pipeline, which is reported; `undefined` if this is anything else. */
export function typeOfReversed(checker: Checker, { value, target, span }: PipeExpr, scope: Scope): Type | undefined {
  const [outer, inner] = [madeBy(value, scope), madeBy(target, scope)]
  if (outer === undefined || inner?.keyword !== outer.keyword || innerOf(checker, inner) !== undefined) return undefined
  const taken = innerOf(checker, outer)
  const given = value.kind === 'Call' ? value.arguments : []
  if (taken === undefined || given.some(({ name }) => name === undefined || name.text === taken)) return undefined
  const replacement = `${textOf(target.span)} |> ${textOf(value.span)}`
  const fix = { message: 'swap them', span, replacement }
  const params = { outer: outer.name.text, inner: inner.name.text }
  report(checker, checkDiagnostic('ARC3117', params, span, { fix }))
  return unknown
}
