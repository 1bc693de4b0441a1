/** The parameters of methods: names of what the method reads, in any order and any subset. */
import type { Expr, Ident, MethodEntry, Node, ObjectDecl, Parameter } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { joinSpans, type Span, textOf } from '../../grammar/source.ts'
import { walk } from '../../grammar/visit.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { meantName } from '../names/other-words.ts'
import type { MethodSpec } from '../schema/methods.ts'
import { own } from '../types/own.ts'
import { scalar, unknown } from '../types/type.ts'
import { bind, type Checker, report, type Scope } from './checker.ts'
import { isPlainNumber } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { quoteList, showType } from './show-type.ts'
import { checkTypeNode, typeOfNode } from './type-nodes.ts'

/** Names that are near one, but of another quantity. */
const hints: Readonly<Record<string, string>> = { theta: 'the angle is `acos(cos)`', angle: 'the angle is `acos(cos)`' }

/** Binds the parameters of a method; each one must be a name of its table. */
export function bindReads(
  checker: Checker,
  decl: ObjectDecl,
  entry: MethodEntry,
  spec: MethodSpec,
  scope: Scope,
): void {
  const seen = new Map<string, Parameter>()
  // The body of a method with a wrong parameter may use the right name.
  if (entry.parameters.some(({ name }) => own(spec.reads, name.text) === undefined))
    for (const name of Object.keys(spec.reads)) bind(scope, name, scalar, entry.name.span, 'parameter')
  for (const parameter of entry.parameters) {
    const { text: name, span } = parameter.name
    const first = seen.get(name)
    if (first !== undefined) {
      const related = [{ span: first.name.span, message: 'first read here' }]
      report(checker, nameDiagnostic('ARC2003', { name }, span, { label: 'read again', related }))
    } else if (own(spec.reads, name) === undefined) reportUnknownRead(checker, decl, entry, spec, parameter.name)
    seen.set(name, parameter)
    checkForm(checker, entry, parameter, scope)
    bind(scope, name, own(spec.reads, name) === undefined ? unknown : scalar, span, 'parameter')
  }
}

/** A parameter is a name: it has no default, and its type can only be that of a number known on the device. */
function checkForm(checker: Checker, entry: MethodEntry, { name, type, default: initial }: Parameter, scope: Scope) {
  if (type !== undefined) {
    checkTypeNode(checker, type, scope)
    const written = typeOfNode(type)
    if (written.kind !== 'unknown' && !(isPlainNumber(written) && !written.integer)) {
      const place = `\`${name.text}\` of \`${entry.name.text}\` is`
      report(
        checker,
        checkDiagnostic('ARC3001', { place, expected: showType(scalar), found: showType(written) }, type.span),
      )
    }
  }
  if (initial === undefined) return
  const params = { method: entry.name.text, name: name.text }
  const fix = { message: 'leave it out', span: { ...initial.span, start: name.span.end }, replacement: '' }
  report(checker, checkDiagnostic('ARC3250', params, initial.span, { fix }))
}

/** A name that the method cannot read, with the names that it can, and the likely one in place of it, wherever it is used. */
function reportUnknownRead(
  checker: Checker,
  decl: ObjectDecl,
  entry: MethodEntry,
  spec: MethodSpec,
  { text: name, span }: Ident,
): void {
  const known = Object.keys(spec.reads)
  const hint = own(hints, name)
  const meant = hint === undefined ? meantRead(entry, name, known) : undefined
  const notes = [
    ...(hint === undefined || !known.includes('cos') ? [] : [hint]),
    `\`${entry.name.text}\` can read ${quoteList(known)}, in any order`,
  ]
  const removal = meant === undefined ? unreadParameter(entry, name) : undefined
  const fix = meant === undefined ? removal && { fix: removal } : { fix: renaming(entry, name, meant, span) }
  const params = { owner: `${decl.keyword} \`${decl.name.text}\``, method: entry.name.text, name }
  report(checker, checkDiagnostic('ARC3207', params, span, { notes, ...fix }))
}

/** The name meant by another one: a misspelled one, an abbreviation (`w`), or a usual name for it. */
function meantRead(entry: MethodEntry, name: string, known: readonly string[]): string | undefined {
  const taken = new Set(entry.parameters.map((parameter) => parameter.name.text))
  const free = known.filter((candidate) => !taken.has(candidate))
  const longer = free.find((candidate) => candidate.startsWith(name.toLowerCase()))
  const shorter = free.find((candidate) => candidate.length >= 3 && name.toLowerCase().startsWith(candidate))
  return meantName(name, free) ?? longer ?? shorter
}

/** Removes a parameter, with its comma, that the body never names. */
function unreadParameter({ parameters, body }: MethodEntry, name: string): Extras['fix'] {
  const index = parameters.findIndex((parameter) => parameter.name.text === name)
  const [before, written, after] = [parameters[index - 1], parameters[index], parameters[index + 1]]
  if (written === undefined || new RegExp(`\\b${name}\\b`).test(textOf(body.span))) return undefined
  const start = after === undefined ? (before?.span.end ?? written.span.start) : written.span.start
  const end = after?.span.start ?? written.span.end
  return { message: 'remove it', span: { ...written.span, start, end }, replacement: '' }
}

/** Renames a parameter and its uses in the body; a called `cos` is the function. */
function renaming(entry: MethodEntry, name: string, meant: string, span: Span): NonNullable<Extras['fix']> {
  const places: Span[] = [span]
  const called = new Set<Node>()
  walk(entry.body, (node) => {
    if (node.kind === 'Call') called.add(node.callee)
    if (node.kind === 'Pipe') called.add(node.target)
    if (node.kind === 'Name' && node.name === name && !called.has(node)) places.push(node.span)
    return undefined
  })
  const { source } = span
  const whole = places.reduce(joinSpans)
  let replacement = ''
  let at = whole.start
  for (const place of places.toSorted((a, b) => a.start - b.start)) {
    replacement += source.text.slice(at, place.start) + meant
    at = place.end
  }
  return { message: `did you mean \`${meant}\`?`, span: whole, replacement }
}

/**
 * Reports a value that is passed by position although its name is that of another one: `update(gradient, weight)` reads the
 * weight as the gradient.
 */
export function misplacedRead(reads: MethodSpec['reads'], position: string, value: Expr): string | undefined {
  if (value.kind !== 'Name' || value.name === position) return undefined
  return own(reads, value.name) === undefined ? undefined : value.name
}
