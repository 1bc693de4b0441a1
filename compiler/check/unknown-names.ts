/** Names that are declared nowhere: what each probably means in its place. */
import type { CallExpr, Expr, NameExpr } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { meantName } from '../names/other-words.ts'
import type { Definition, Module } from '../names/program.ts'
import { type Type, unknown } from '../types/type.ts'
import { type Checker, findLocal, report, type Scope, visibleNames } from './checker.ts'
import { fits, membersOf, present } from './fit.ts'
import { typeOfNode } from './type-nodes.ts'

/** Whether a name has a meaning of its own in a scope. */
export function isDeclared(name: string, scope: Scope): boolean {
  return findLocal(scope, name, () => true) !== undefined || scope.module.scope.has(name)
}

/** Whether a declaration can give what a place takes; of a `let` only its value would tell. */
function gives({ decl }: Definition, wanted: Type): boolean {
  if (decl.kind === 'Let') return (decl.value.kind === 'SectionValue') === (wanted.kind === 'section')
  if (decl.kind === 'Object') return fits({ kind: 'object', keyword: decl.keyword, decl }, wanted)
  if (decl.keyword === 'backbone') return fits({ kind: 'backbone', decl }, wanted)
  return fits({ kind: 'function', decl }, wanted) || decl.result === undefined || fits(typeOfNode(decl.result), wanted)
}

/** The visible names that can stand in a place; all of them if it takes anything. */
export function namesFor(scope: Scope, wanted: Type | undefined): readonly string[] {
  const type = present(wanted)
  const names = visibleNames(scope)
  if (type.kind === 'unknown') return names
  return names.filter((name) => {
    const local = findLocal(scope, name, () => true)
    if (local !== undefined) return fits(local.type, type)
    const definition = scope.module.scope.get(name)
    return definition === undefined || gives(definition, type)
  })
}

/** What the place of a name takes, and whether the name is called there. */
interface NamePlace {
  readonly wanted?: Type | undefined
  readonly called?: boolean
}

/** An undeclared name: a misspelling, or a name of the standard library that is not imported yet. */
export function reportUnknownName(
  checker: Checker,
  scope: Scope,
  name: string,
  span: Span,
  place: NamePlace = {},
): Type {
  if (scope.owner !== undefined && checker.baseless.has(scope.owner.name)) return unknown
  return reportOnce(checker, scope, name, span, () => unknownNameHelp(checker, scope, name, span, place))
}

/** Only the first occurrence of an unknown name in a module is reported. */
export function reportOnce(checker: Checker, scope: Scope, name: string, span: Span, extras: () => Extras): Type {
  const key = `${scope.module.source.path} ${name}`
  if (checker.unknownNames.has(key)) return unknown
  checker.unknownNames.add(key)
  report(checker, nameDiagnostic('ARC2006', { name }, span, extras()))
  return unknown
}

/** A name of the standard library that the file does not import. */
export function missingImport(checker: Checker, module: Module, name: string, span: Span): Extras | undefined {
  const [home] = checker.program.declaredIn(name)
  if (home === undefined) return undefined
  const start = module.tree.declarations.find((decl) => decl.kind === 'Use')?.span.start ?? 0
  const fix = {
    message: `import it from \`${home}\``,
    span: { ...span, start, end: start },
    replacement: `use ${home}: ${name}\n`,
  }
  return { label: 'not imported', fix }
}

/** The path of a field of the experiment that is read by its name alone: `train.batch` for `batch`. */
function fieldPath(scope: Scope, name: string): string | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent)
    for (const { name: section, kind, type } of at.bindings.values())
      if (kind === 'field' && type.kind === 'record' && type.fields.has(name)) return `${section}.${name}`
  return undefined
}

/** A state or a learned number of the enclosing object, read outside of its methods. */
function stateHelp({ owner }: Scope, name: string): Extras | undefined {
  if (owner?.kind !== 'Object') return undefined
  const state = owner.entries.find((entry) => entry.kind === 'State' && entry.name.text === name)
  if (state?.kind !== 'State') return undefined
  const notes = [`only methods read ${state.keyword === 'learn' ? 'learned numbers' : 'states'}`]
  if (owner.keyword === 'margin')
    notes.push('for a `scale` that changes, write `scale = 1` and multiply in `target` and `other`')
  return {
    label: 'known only on the device',
    related: [{ span: state.name.span, message: 'declared here' }],
    notes,
  }
}

/** What other languages call the images that a network gets. */
const imageWords: ReadonlySet<string> = new Set([
  'x',
  'img',
  'image',
  'images',
  'imgs',
  'batch',
  'data',
  'tensor',
  'self',
])

function unknownNameHelp(
  checker: Checker,
  scope: Scope,
  name: string,
  span: Span,
  { wanted, called = false }: NamePlace,
): Extras {
  const missing = missingImport(checker, scope.module, name, span)
  if (missing !== undefined) return missing
  const device = stateHelp(scope, name)
  if (device !== undefined) return device
  const member = /^\.(?=[A-Za-z_])/.exec(span.source.text.slice(span.end, span.end + 2))
  if ((name === 'self' || name === 'this') && member !== null) {
    const fix = { message: 'names are read without it', span: { ...span, end: span.end + 1 }, replacement: '' }
    const [read = ''] = /^\w+/.exec(span.source.text.slice(span.end + 1)) ?? []
    if (!isDeclared(read, scope)) return { label: 'not declared', notes: ['names are read without it'] }
    return { label: 'not declared', notes: [`write \`${read}\``], fix }
  }
  const path = called ? undefined : fieldPath(scope, name)
  if (path !== undefined) return didYouMean(path, span)
  // A setting may use any name of the library without a `use`.
  const library = scope.module === checker.program.settings ? checker.program.libraryNames() : []
  // The fields of an experiment are values, which nobody calls.
  const isField = (known: string) => findLocal(scope, known, ({ kind }) => kind === 'field') !== undefined
  const meant = meantName(
    name,
    [...namesFor(scope, wanted), ...library].filter((known) => known !== name && !(called && isField(known))),
  )
  if (meant !== undefined) return didYouMean(meant, span)
  if (imageWords.has(name) && findLocal(scope, 'input', () => true) !== undefined) return didYouMean('input', span)
  if (present(wanted).kind === 'string')
    return { fix: { message: 'texts are written in quotes', span, replacement: `"${name}"` } }
  return { label: 'not declared' }
}

/** The name at the start of `torch.optim.SGD`, if it is declared nowhere. */
export function unknownRoot(expr: Expr, scope: Scope): NameExpr | undefined {
  if (expr.kind === 'Member') return unknownRoot(expr.object, scope)
  if (expr.kind !== 'Name' || isDeclared(expr.name, scope) || scope.module.prefixes.has(expr.name)) return undefined
  return expr
}

/**
 * `torch.optim.SGD(…)`, `math.sqrt(x)`, `nn.ReLU`: a name behind the name of another language's library, reported with what it is
 * called here; false if it is anything else.
 */
export function reportForeignPath(checker: Checker, expr: Expr, scope: Scope, wanted: Type | undefined): boolean {
  if (expr.kind !== 'Member') return false
  const root = unknownRoot(expr, scope)
  if (root === undefined || checker.program.declaredIn(root.name).length > 0) return false
  const last = expr.name.text
  const known = [...membersOf(wanted), ...namesFor(scope, wanted)]
  const meant = known.includes(last) ? last : meantName(last, known)
  if (meant === undefined) return false
  reportOnce(checker, scope, root.name, root.span, () => didYouMean(meant, expr.span))
  return true
}

/** `range(3)`: a range is `0..3`. */
export function reportRange(checker: Checker, callee: Expr, expr: Expr, scope: Scope): boolean {
  if (callee.kind !== 'Name' || callee.name !== 'range' || isDeclared('range', scope) || expr.kind !== 'Call')
    return false
  const bounds = boundsOf(expr)
  if (bounds === undefined) return false
  const fix = { message: `a range is written \`${bounds}\``, span: expr.span, replacement: bounds }
  reportOnce(checker, scope, 'range', callee.span, () => ({ fix }))
  return true
}

function boundsOf({ arguments: given }: CallExpr): string | undefined {
  if (given.some(({ name }) => name !== undefined)) return undefined
  const [first, second, third] = given.map(({ value }) => textOf(value.span))
  if (first === undefined || third !== undefined) return undefined
  return second === undefined ? `0..${first}` : `${first}..${second}`
}

/** `by-name`: a name with hyphens where one with `_` exists; false if this is anything else. */
export function reportHyphens(checker: Checker, expr: Expr, scope: Scope, wanted: Type): boolean {
  if (expr.kind !== 'Binary' || expr.operator !== '-') return false
  const text = textOf(expr.span)
  const [root = ''] = text.split('-')
  const name = text.replaceAll('-', '_')
  if (!/^[A-Za-z_]\w*(-\w+)+$/.test(text) || isDeclared(root, scope)) return false
  if (!membersOf(wanted).includes(name) && !isDeclared(name, scope)) return false
  const fix = { message: 'names have `_`, not hyphens', span: expr.span, replacement: name }
  reportOnce(checker, scope, text, expr.span, () => ({ fix }))
  return true
}
