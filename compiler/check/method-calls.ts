/** Calls of methods: `inner.target(cos)`, `schedule.factor(step: 10, total: 100, epoch: 10)`. */
import type { Ident } from '../../grammar/ast.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { objectSpecs } from '../schema/objects.ts'
import { own } from '../types/own.ts'
import { scalar, type Type } from '../types/type.ts'
import type { Application, Slot } from './application.ts'
import { bindArguments } from './arguments.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { checkDiagnostic } from './messages.ts'
import { misplacedRead } from './method-reads.ts'
import { quoteList, showType } from './show-type.ts'
import { elementwiseType } from './signatures.ts'

export type ObjectType = Extract<Type, { kind: 'object' }>

/** The type of the result; `undefined` after a reported unknown method. */
export function typeOfMethodCall(
  checker: Checker,
  call: Pick<Application, 'given' | 'expr'>,
  called: Ident,
  object: ObjectType,
  scope: Scope,
): Type | undefined {
  const { methods } = objectSpecs[object.keyword]
  const { text: name, span } = called
  const spec = own(methods, name)
  if (spec === undefined) {
    const known = Object.keys(methods)
    const meant = nearest(name, known)
    const fix = didYouMean(meant, span)
    const notes = known.length === 0 ? [] : [`its methods are ${quoteList(known)}`]
    report(checker, checkDiagnostic('ARC3208', { owner: showType(object), name }, span, { notes, ...fix }))
    return undefined
  }
  const needed = neededReads(object, name, scope)
  const slots = Object.keys(spec.reads).map(
    (read): Slot => ({
      name: read,
      type: scalar,
      optional: !needed.has(read),
      accepts: 'elementwise',
      span: undefined,
    }),
  )
  for (const [index, { name: given, value, span: at }] of call.given.entries()) {
    const position = slots[index]?.name
    const other = given === undefined && position !== undefined ? misplacedRead(spec.reads, position, value) : undefined
    if (other === undefined || position === undefined) continue
    const fix = { message: 'pass it by name', span: at, replacement: `${other}: ${other}` }
    report(checker, checkDiagnostic('ARC3150', { method: name, position, name: other }, at, { fix }))
  }
  const types = bindArguments(checker, { ...call, callee: name, declared: object.decl?.name.span, slots }, scope)
  const result = elementwiseType(scalar, [...types.values()])
  if (spec.result === 'scalar') return result
  const states = (object.decl?.entries ?? [])
    .filter((entry) => entry.kind === 'State' && entry.keyword === 'state')
    .flatMap((entry) => (entry.kind === 'State' ? [entry.name.text] : []))
  const names = [...(spec.result === 'update' ? ['weight'] : []), ...states]
  return { kind: 'record', fields: new Map(names.map((field) => [field, result])) }
}

/**
 * What a call must pass: what the declared method reads, except, in a method of the same kind of object, what the caller can read
 * as well, which is passed on. What an undeclared one (`inner: margin`) reads is only known when it is evaluated.
 */
function neededReads({ decl, keyword }: ObjectType, name: string, scope: Scope): ReadonlySet<string> {
  const method = decl?.entries.find((entry) => entry.kind === 'Method' && entry.name.text === name)
  const read = method?.kind === 'Method' ? method.parameters.map((parameter) => parameter.name.text) : []
  const passedOn = scope.method?.decl.keyword === keyword ? scope.method.reads : {}
  return new Set(read.filter((known) => own(passedOn, known) === undefined))
}
