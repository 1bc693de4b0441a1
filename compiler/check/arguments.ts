/** Matches the arguments of a call with parameters, by position and by name. */
import type { Expr, FunctionDecl, Ident, PipeExpr } from '../../grammar/ast.ts'
import type { Fix } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { meantName } from '../names/other-words.ts'
import { experimentBody } from '../schema/experiment.ts'
import { objectSpecs } from '../schema/objects.ts'
import { own } from '../types/own.ts'
import { type Type, unknown } from '../types/type.ts'
import type { Application, Given, Slot } from './application.ts'
import { exchangeSwapped, gatherList, reportDecimalComma, splitNumbered } from './argument-habits.ts'
import { callMisfit } from './block-values.ts'
import { type Checker, type Expected, report, type Scope } from './checker.ts'
import { fits, isPlainNumber } from './fit.ts'
import { channelsForSwitch, channelsTwice } from './input-channels.ts'
import { checkDiagnostic } from './messages.ts'
import { expectType } from './mismatch.ts'
import { quoteList, showType } from './show-type.ts'

/** Types of the arguments by parameter. Every mistake is reported once; arguments that match no parameter are still typed. */
export function bindArguments(checker: Checker, written: Application, scope: Scope): ReadonlyMap<string, Type> {
  const call = exchangeSwapped(checker, gatherList(checker, splitNumbered(checker, written), scope), scope)
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
  let comma: Given | undefined
  for (const [index, given] of call.given.entries()) {
    if (given === comma) continue
    const slot = given.name === undefined ? call.slots[index] : call.slots.find((s) => s.name === given.name?.text)
    const [before, after] = [call.given[index - 1], call.given[index + 1]]
    if (given.name !== undefined && after !== undefined && reportDecimalComma(checker, given, after)) {
      complain()
      comma = after
      if (slot !== undefined) placed.set(slot.name, given)
    } else if (given.name === undefined && named) {
      complain()
      const fix = nextName(call, index, placed)
      report(checker, checkDiagnostic('ARC3106', {}, given.span, { label: 'name this argument too', ...fix }))
    } else if (slot === undefined) {
      complain()
      if (given.value.kind !== 'Name') checker.infer(given.value, scope)
      if (given.name !== undefined) reportUnknown(checker, call, given.name, placed)
      else if (!reportDecimalComma(checker, before, given)) reportTooMany(checker, call, given)
      if (given.name === undefined) break
    } else if (placed.has(slot.name)) {
      complain()
      const first = placed.get(slot.name)
      const related = first === undefined ? [] : [{ span: first.span, message: 'first passed here' }]
      const extras = channelsTwice(call, first) ?? withoutRepetition(call, index, first)
      report(checker, checkDiagnostic('ARC3104', { name: slot.name }, given.span, { related, ...extras }))
    } else place(slot, given)
    named ||= given.name !== undefined
  }
  if (!broken) reportMissing(checker, call, placed)
  return types
}

/** `sgd(lr: 0.1, 0.9)`: names the parameter after the one before, if it is free. */
function nextName({ slots, given }: Application, index: number, placed: ReadonlyMap<string, Given>): { fix?: Fix } {
  const [before, argument] = [given[index - 1], given[index]]
  const next = slots[slots.findIndex(({ name }) => name === before?.name?.text) + 1]
  if (next === undefined || argument === undefined || before?.name === undefined || placed.has(next.name)) return {}
  if (given.some(({ name }) => name?.text === next.name)) return {}
  const span = { ...argument.span, end: argument.span.start }
  return { fix: { message: `the next parameter is \`${next.name}\``, span, replacement: `${next.name}: ` } }
}

/** Removes `kernel: 3` where it is passed again; of two values, either may be meant. */
function withoutRepetition({ given }: Application, index: number, first: Given | undefined): { readonly fix?: Fix } {
  const [before, again] = [given[index - 1], given[index]]
  if (first === undefined || before === undefined || again === undefined) return {}
  if (textOf(first.value.span) !== textOf(again.value.span) || before.into !== undefined) return {}
  const span = { ...again.span, start: before.span.end }
  return { fix: { message: 'remove it', span, replacement: '' } }
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
  const named = new Set(call.given.map((given) => given.name?.text))
  const free = call.slots.map((slot) => slot.name).filter((slot) => !placed.has(slot) && !named.has(slot))
  const meant = meantName(name.text, free)
  const fix = didYouMean(meant, name.span)
  const all = call.slots.map((slot) => slot.name)
  const notes = all.length === 0 ? [`\`${call.callee}\` takes no arguments`] : [`its parameters are ${quoteList(all)}`]
  const extras = { notes: [...notes, ...(meant === undefined ? fieldMeant(call, name, all) : [])], ...fix }
  report(checker, checkDiagnostic('ARC3103', { callee: call.callee, name: name.text }, name.span, extras))
}

/** `dgx_v100(devices: 4)`: what is no parameter may be a field, which a path in the experiment sets. */
function fieldMeant({ makes }: Application, { text }: Ident, parameters: readonly string[]): readonly string[] {
  if (makes === undefined || own(experimentBody.fields, makes) === undefined) return []
  const fields = Object.keys(objectSpecs[makes].body.fields).filter((field) => !parameters.includes(field))
  const meant = meantName(text, fields)
  return meant === undefined ? [] : [`\`${meant}\` is a field: \`${makes}.${meant} = …\` in the experiment sets it`]
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
  const like = slot.like === undefined ? {} : { like: slot.like }
  const expected: Expected = { type: slot.type, what, ...origin, ...like }
  if (given.into !== undefined && given.value.kind === 'Pipe') {
    const type = checker.infer(given.value, scope, slot.type)
    return isAccepted(slot, type) ? type : reportPiped(checker, given.value, given.into, type, expected)
  }
  if (given.type !== undefined) return expectType(checker, given.value, given.type, expected)
  const channels = channelsForSwitch(checker, call, slot, given, scope)
  if (channels !== undefined) {
    const params = { place: `${what} takes`, expected: showType(slot.type), found: 'a number of channels' }
    report(checker, checkDiagnostic('ARC3001', params, given.span, channels))
    return slot.type
  }
  if (slot.accepts === 'type' || slot.type.kind !== 'number') {
    const type = checker.check(given.value, scope, expected)
    if (slot.owner !== undefined && slot.type.kind === 'block')
      checkBlockArgument(checker, given.value, type, { what, name: slot.name, owner: slot.owner })
    return type
  }
  const type = checker.infer(given.value, scope, slot.type)
  if (isAccepted(slot, type)) return type
  return expectType(checker, given.value, type, { ...expected, type: { ...slot.type, device: true } })
}

/** Whether a parameter takes values of a type. */
function isAccepted(slot: Slot, type: Type): boolean {
  if (slot.accepts === 'type' || slot.type.kind !== 'number') return fits(type, slot.type)
  if (type.kind === 'tensor') return true
  if (slot.accepts === 'any number' && type.kind === 'number') return true
  if (slot.accepts === 'angle or plain' && isPlainNumber(type)) return true
  return fits(type, { ...slot.type, device: true })
}

/** What comes out of a pipeline does not fit the next call: reported there, not at the pipeline's beginning. */
function reportPiped(
  checker: Checker,
  value: PipeExpr,
  into: Span,
  type: Type,
  { type: wanted, what, origin }: Expected,
) {
  const found = showType(type)
  const { target } = value
  const last = target.kind === 'Call' ? target.callee.span : target.span
  const related = [{ span: last, message: `this gives ${found}` }, ...(origin === undefined ? [] : [origin])]
  const params = { place: `${what} takes`, expected: showType(wanted), found }
  report(checker, checkDiagnostic('ARC3001', params, into, { related }))
  return unknown
}
