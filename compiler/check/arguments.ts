/** Matches the arguments of a call with parameters, by position and by name. */
import type { Expr, FunctionDecl, Ident } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import type { Type } from '../types/type.ts'
import { callMisfit } from './block-values.ts'
import { type Checker, type Expected, report, type Scope } from './checker.ts'
import { isPlainNumber } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { expectType } from './mismatch.ts'
import { meantName } from './other-words.ts'
import { quoteList } from './show-type.ts'

/** One argument as written; a piped value comes first, without a name. */
export interface Given {
  readonly name: Ident | undefined
  readonly value: Expr
  readonly span: Span
  /** If it is already known. */
  readonly type?: Type
}

/** A parameter as the caller sees it. */
export interface Slot {
  readonly name: string
  readonly type: Type
  readonly optional: boolean
  /**
   * The accepted values: those of its type; or, elementwise, device numbers and tensors as well; or numbers of any dimension; or
   * angles and, as radians, plain numbers.
   */
  readonly accepts: 'type' | 'elementwise' | 'any number' | 'angle or plain'
  readonly span: Span | undefined
  /** The function whose parameter it is. */
  readonly owner?: FunctionDecl
}

export interface Application {
  readonly callee: string
  readonly declared: Span | undefined
  readonly slots: readonly Slot[]
  readonly given: readonly Given[]
  /** The call, or the name that a value is piped into. */
  readonly expr: Expr
}

/** Types of the arguments by parameter. Every mistake is reported once; arguments that match no parameter are still typed. */
export function bindArguments(checker: Checker, call: Application, scope: Scope): ReadonlyMap<string, Type> {
  const placed = new Map<string, Given>()
  const types = new Map<string, Type>()
  let broken = false
  const complain = () => {
    broken = true
  }
  const place = (slot: Slot, given: Given) => {
    placed.set(slot.name, given)
    types.set(slot.name, checkArgument(checker, call, slot, given, scope))
  }
  let named = false
  for (const [index, given] of call.given.entries()) {
    const slot = given.name === undefined ? call.slots[index] : call.slots.find((s) => s.name === given.name?.text)
    if (given.name === undefined && named) {
      report(checker, checkDiagnostic('ARC3106', {}, given.span, { label: 'name this argument too' }))
      complain()
    } else if (slot === undefined) {
      complain()
      if (given.value.kind !== 'Name') checker.infer(given.value, scope)
      if (given.name === undefined) reportTooMany(checker, call, given)
      else reportUnknown(checker, call, given.name, placed)
      if (given.name === undefined) break
    } else if (placed.has(slot.name)) {
      complain()
      const first = placed.get(slot.name)
      const related = first === undefined ? [] : [{ span: first.span, message: 'first passed here' }]
      report(checker, checkDiagnostic('ARC3104', { name: slot.name }, given.span, { related }))
    } else place(slot, given)
    named ||= given.name !== undefined
  }
  if (!broken) reportMissing(checker, call, placed)
  return types
}

function reportMissing(checker: Checker, call: Application, placed: ReadonlyMap<string, Given>): void {
  const names = call.slots.filter((slot) => !slot.optional && !placed.has(slot.name)).map((slot) => slot.name)
  if (names.length === 0) return
  const related = call.declared === undefined ? [] : [{ span: call.declared, message: 'declared here' }]
  const span = call.expr.kind === 'Call' ? call.expr.callee.span : call.expr.span
  report(checker, checkDiagnostic('ARC3102', { callee: call.callee, names }, span, { related }))
}

function reportTooMany(checker: Checker, call: Application, given: Given): void {
  const related = call.declared === undefined ? [] : [{ span: call.declared, message: 'declared here' }]
  const params = { callee: call.callee, most: call.slots.length }
  report(checker, checkDiagnostic('ARC3105', params, given.span, { label: 'unexpected argument', related }))
}

function reportUnknown(checker: Checker, call: Application, name: Ident, placed: ReadonlyMap<string, Given>): void {
  const free = call.slots.map((slot) => slot.name).filter((slot) => !placed.has(slot))
  const meant = meantName(name.text, free)
  const fix =
    meant === undefined ? {} : { fix: { message: `did you mean \`${meant}\`?`, span: name.span, replacement: meant } }
  const all = call.slots.map((slot) => slot.name)
  const notes = all.length === 0 ? [`\`${call.callee}\` takes no arguments`] : [`its parameters are ${quoteList(all)}`]
  report(checker, checkDiagnostic('ARC3103', { callee: call.callee, name: name.text }, name.span, { notes, ...fix }))
}

/** Whether a function that is passed as a block fits the calls of the parameter in the body of its owner. */
export function checkBlockArgument(
  checker: Checker,
  value: Expr,
  type: Type,
  { what, name, owner }: { readonly what: string; readonly name: string; readonly owner: FunctionDecl },
): void {
  const reason = type.kind === 'function' ? callMisfit(type.decl, name, owner) : undefined
  if (type.kind !== 'function' || reason === undefined) return
  const related = [{ span: type.decl.name.span, message: 'declared here' }]
  const params = { name: type.decl.name.text, place: what, reason }
  report(checker, checkDiagnostic('ARC3165', params, value.span, { related }))
}

function checkArgument(checker: Checker, call: Application, slot: Slot, given: Given, scope: Scope): Type {
  const what = `\`${slot.name}\` of \`${call.callee}\``
  const origin =
    slot.span === undefined ? {} : { origin: { span: slot.span, message: 'the parameter is declared here' } }
  const expected: Expected = { type: slot.type, what, ...origin }
  if (given.type !== undefined) return expectType(checker, given.value, given.type, expected)
  if (slot.accepts === 'type' || slot.type.kind !== 'number') {
    const type = checker.check(given.value, scope, expected)
    if (slot.owner !== undefined && slot.type.kind === 'block')
      checkBlockArgument(checker, given.value, type, { what, name: slot.name, owner: slot.owner })
    return type
  }
  const type = checker.infer(given.value, scope, slot.type)
  if (type.kind === 'tensor') return type
  const isAny = slot.accepts === 'any number' && type.kind === 'number'
  const isPlain = slot.accepts === 'angle or plain' && isPlainNumber(type)
  if (isAny || isPlain) return type
  return expectType(checker, given.value, type, { ...expected, type: { ...slot.type, device: true } })
}
