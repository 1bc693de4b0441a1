/** The meaning of a name in its place: a local, a top-level definition, or nothing. */
import type { Expr, NameExpr } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { qualifiedName } from '../names/module-reference.ts'
import type { Definition } from '../names/program.ts'
import { own } from '../types/own.ts'
import { scalar, type Type, unknown } from '../types/type.ts'
import { type Binding, type Checker, type Decl, findLocal, moduleScope, report, type Scope } from './checker.ts'
import { typeOfLet } from './control.ts'
import { membersOf, noValue } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { showCall } from './show-type.ts'
import { reportUnknownName } from './unknown-names.ts'

/** The meaning of a name; marks it as used, and as referenced by the enclosing declaration. */
export function lookup(
  checker: Checker,
  scope: Scope,
  name: string,
  span: Span,
  accepts: (binding: Binding) => boolean = () => true,
): Binding | Definition | undefined {
  const local = findLocal(scope, name, accepts)
  if (local !== undefined) {
    checker.used.add(local)
    if (local.kind === 'parameter') checker.usedParameters.add(local.span)
    if (local.kind === 'let' && local.span.source === span.source && span.end <= local.span.start) {
      const related = [{ span: local.span, message: 'known only after this line' }]
      report(checker, nameDiagnostic('ARC2087', { name }, span, { related }))
    }
    return local
  }
  const definition = scope.module.scope.get(name)
  if (definition === undefined) return undefined
  checker.used.add(definition)
  if (scope.owner !== undefined) {
    const references = checker.references.get(scope.owner) ?? new Map<Decl, Span>()
    if (!references.has(definition.decl)) references.set(definition.decl, span)
    checker.references.set(scope.owner, references)
  }
  return definition
}

/** `nets.wide` as one name, if `nets` is the prefix of a module and no local. */
export function qualified(expr: Expr, scope: Scope): NameExpr | undefined {
  const name = qualifiedName(expr, scope.module)
  if (name === undefined || expr.kind !== 'Member' || expr.object.kind !== 'Name') return undefined
  return findLocal(scope, expr.object.name, () => true) === undefined ? name : undefined
}

/** The type of a top-level name as a value. */
export function typeOfDefinition(checker: Checker, { decl, module }: Definition): Type {
  if (decl.kind === 'Function')
    return decl.keyword === 'backbone' ? { kind: 'backbone', decl, given: new Set() } : { kind: 'function', decl }
  if (decl.kind === 'Object') return { kind: 'object', keyword: decl.keyword, decl }
  const known = checker.lets.get(decl)
  if (known !== undefined) return known
  if (checker.open.has(decl)) return unknown
  checker.open.add(decl)
  const type = typeOfLet(checker, decl, moduleScope(module, decl))
  checker.open.delete(decl)
  checker.lets.set(decl, type)
  return type
}

/** Whether a name is `none` in a place that may be without a value; like names of enums, only a local shadows it. */
export function isNone(name: string, scope: Scope, wanted: Type): boolean {
  return name === noValue && wanted.kind === 'optional' && findLocal(scope, name, () => true) === undefined
}

/** A name as a value. Enum names need no definition in a place that accepts them; only a local shadows them. */
export function typeOfName(checker: Checker, expr: NameExpr, scope: Scope, hint?: Type): Type {
  if (hint !== undefined && isNone(expr.name, scope, hint)) return hint
  const members = membersOf(hint)
  const isLocal = findLocal(scope, expr.name, () => true) !== undefined
  if (members.includes(expr.name) && !isLocal) return { kind: 'enum', name: expr.name, members: [expr.name] }
  const found = lookup(checker, scope, expr.name, expr.span)
  const isFunction = found !== undefined && 'decl' in found && found.decl.kind === 'Function'
  if ((found === undefined || isFunction) && own(scope.method?.reads ?? {}, expr.name) !== undefined)
    return reportUnread(checker, expr, scope)
  if (found === undefined) return reportUnknownName(checker, scope, expr.name, expr.span, { wanted: hint })
  if (!('decl' in found)) return found.type
  const { decl } = found
  if (decl.kind !== 'Object') return typeOfDefinition(checker, found)
  if (decl.keyword === 'experiment') {
    const related = [{ span: decl.name.span, message: 'it is declared here' }]
    const notes = ['to build on another experiment, use `extends`']
    report(checker, checkDiagnostic('ARC3014', { name: expr.name }, expr.span, { related, notes }))
    return unknown
  }
  const missing = decl.parameters.filter((p) => p.default === undefined)
  if (missing.length > 0) {
    const names = missing.map((p) => p.name.text)
    const related = [{ span: decl.name.span, message: 'declared here' }]
    const notes = [`write ${showCall(expr.name, missing)}`]
    report(checker, checkDiagnostic('ARC3102', { callee: expr.name, names }, expr.span, { related, notes }))
  }
  return typeOfDefinition(checker, found)
}

/** What a method can read, but does not name among its parameters: `norm` would be the function. */
function reportUnread(checker: Checker, { name, span }: NameExpr, { method }: Scope): Type {
  if (method === undefined) return unknown
  const { entry } = method
  const last = entry.parameters.at(-1)?.span.end
  const at = last ?? entry.name.span.end + 1
  const fix = {
    message: 'name it among the parameters',
    span: { ...span, start: at, end: at },
    replacement: last === undefined ? name : `, ${name}`,
  }
  report(checker, checkDiagnostic('ARC3151', { method: entry.name.text, name }, span, { fix }))
  return scalar
}
