/** Calls of functions and blocks, of backbones (adding arguments), and of objects (creating an instance). */
import type {
  Argument,
  CallExpr,
  Expr,
  FunctionDecl,
  Ident,
  MemberExpr,
  NameExpr,
  ObjectDecl,
  Parameter,
  PipeExpr,
} from '../../grammar/ast.ts'
import { textOf } from '../../grammar/source.ts'
import { calledBy } from '../names/program.ts'
import { isDimensionless, sameDimension } from '../types/dimension.ts'
import { type Type, unknown } from '../types/type.ts'
import type { Given, Slot } from './application.ts'
import { bindArguments } from './arguments.ts'
import { type Binding, type Checker, findLocal, report, type Scope } from './checker.ts'
import { methodExtras, reportForeignCall } from './foreign-calls.ts'
import { checkComplete, typeOfMemberIn } from './members.ts'
import { checkDiagnostic } from './messages.ts'
import { type ObjectType, typeOfMethodCall } from './method-calls.ts'
import { lookup, qualified, typeOfDefinition } from './names.ts'
import { typeOfReversed } from './reversed-pipe.ts'
import { showType } from './show-type.ts'
import {
  callParameters,
  elementwiseResult,
  isElementwise,
  isPrimitive,
  resultType,
  sharesDimension,
} from './signatures.ts'
import { reportForeignPath, reportRange, reportUnknownName } from './unknown-names.ts'

/** A call as written, the piped value first. */
interface Call {
  readonly callee: Expr
  readonly given: readonly Given[]
  readonly scope: CallExpr['scope']
  readonly expr: Expr
  /** What its place takes. */
  readonly hint: Type | undefined
}

export function typeOfPipe(checker: Checker, expr: PipeExpr, scope: Scope, hint?: Type): Type {
  const { target } = expr
  const reversed = typeOfReversed(checker, expr, scope)
  if (reversed !== undefined) return reversed
  const into = target.kind === 'Call' ? target.callee.span : target.span
  const piped: Given = { name: undefined, value: expr.value, span: expr.value.span, into }
  if (target.kind === 'Error') {
    checker.infer(expr.value, scope)
    return unknown
  }
  if (target.kind !== 'Call')
    return typeOfApplication(checker, { callee: target, given: [piped], scope: undefined, expr: target, hint }, scope)
  const given = [piped, ...target.arguments.map(argumentOf)]
  return typeOfApplication(checker, { callee: target.callee, given, scope: target.scope, expr: target, hint }, scope)
}

export function typeOfCall(checker: Checker, expr: CallExpr, scope: Scope, hint?: Type): Type {
  return typeOfApplication(
    checker,
    { callee: expr.callee, given: expr.arguments.map(argumentOf), scope: expr.scope, expr, hint },
    scope,
  )
}

function argumentOf({ name, value, span }: Argument): Given {
  return { name, value, span }
}

const callable = new Set<Type['kind']>(['function', 'block', 'backbone', 'object', 'unknown'])

function typeOfApplication(checker: Checker, written: Call, scope: Scope): Type {
  const call = { ...written, callee: qualified(written.callee, scope) ?? written.callee }
  if (call.scope !== undefined) checker.infer(call.scope, scope)
  if (reportForeignCall(checker, call, scope)) return unknown
  if (isForeign(checker, call, scope)) {
    inferAll(checker, call, scope)
    return unknown
  }
  const own = call.callee.kind === 'Name' ? ownMethod(call.callee, scope) : undefined
  if (own !== undefined) return callMethod(checker, call, own.name, own.object, scope)
  if (call.callee.kind !== 'Member') return applyTo(checker, call, calleeType(checker, call, scope), scope)
  const object = checker.infer(call.callee.object, scope)
  if (object.kind === 'object') return callMethod(checker, call, call.callee.name, object, scope)
  if (reportMethod(checker, call, call.callee, object, scope)) return unknown
  return applyTo(checker, call, typeOfMemberIn(checker, call.callee, object, scope), scope)
}

/** `gradient.norm()`: a function that takes a number; false if this is anything else. */
function reportMethod(checker: Checker, call: Call, callee: MemberExpr, object: Type, scope: Scope): boolean {
  const { text: name, span } = callee.name
  const decl = scope.module.scope.get(name)?.decl
  if (object.kind !== 'number' || call.expr.kind !== 'Call' || decl?.kind !== 'Function') return false
  const extras = methodExtras(call.expr, callee.object, name)
  report(checker, checkDiagnostic('ARC3011', { type: showType(object), name }, span, extras))
  return true
}

/** In a method, another method of the same object: `target(own)`. A local function of that name comes first. */
function ownMethod(
  { name, span }: NameExpr,
  scope: Scope,
): { readonly name: Ident; readonly object: ObjectType } | undefined {
  const decl = scope.method?.decl
  const isDeclared = decl?.entries.some((entry) => entry.kind === 'Method' && entry.name.text === name) === true
  if (decl === undefined || !isDeclared) return undefined
  if (findLocal(scope, name, (binding) => callable.has(binding.type.kind)) !== undefined) return undefined
  return { name: { kind: 'Ident', text: name, span }, object: { kind: 'object', keyword: decl.keyword, decl } }
}

function callMethod(checker: Checker, call: Call, name: Ident, object: ObjectType, scope: Scope): Type {
  const type = typeOfMethodCall(checker, call, name, object, scope)
  if (type === undefined) inferAll(checker, call, scope)
  else refuseScope(checker, call, name.text)
  return type ?? unknown
}

/** Whether the callee is a spelling of another language, which has been reported. */
function isForeign(checker: Checker, { callee, expr, hint }: Call, scope: Scope): boolean {
  if (reportForeignPath(checker, callee, scope, hint)) return true
  return reportRange(checker, callee, expr, scope)
}

function applyTo(checker: Checker, call: Call, callee: Type, scope: Scope): Type {
  switch (callee.kind) {
    case 'function':
      return callFunction(checker, call, callee.decl, scope)
    case 'block':
      return callBlockValue(checker, call, scope)
    case 'backbone':
      return callBackbone(checker, call, callee, scope)
    case 'object':
      if (callee.decl !== undefined && call.callee.kind === 'Name') return callObject(checker, call, callee.decl, scope)
      break
    case 'unknown':
      inferAll(checker, call, scope)
      return unknown
    default:
      break
  }
  report(
    checker,
    checkDiagnostic('ARC3101', { found: showType(callee) }, call.callee.span, { label: 'not a function' }),
  )
  inferAll(checker, call, scope)
  return unknown
}

/** Types the arguments to report their own mistakes if the callee is unknown. */
function inferAll(checker: Checker, call: Call, scope: Scope): void {
  for (const { value } of call.given) if (value.kind !== 'Name') checker.infer(value, scope)
}

/** In a call, a local that is not a function does not shadow one: `target(cos) = cos(acos(cos) + m)`. */
function calleeType(checker: Checker, { callee, given, hint }: Call, scope: Scope): Type {
  if (callee.kind !== 'Name') return checker.infer(callee, scope)
  const isCallable = (binding: Binding) => callable.has(binding.type.kind)
  const found =
    lookup(checker, scope, callee.name, callee.span, isCallable) ?? lookup(checker, scope, callee.name, callee.span)
  if (found === undefined)
    return reportUnknownName(checker, scope, callee.name, callee.span, { wanted: hint, called: true })
  if (!('decl' in found)) return found.type
  if (found.decl.kind === 'Object' && found.decl.keyword === 'experiment') return checker.infer(callee, scope)
  return typeOfDefinition(checker, calledBy(found, given.length))
}

function refuseScope(checker: Checker, call: Call, callee: string): void {
  if (call.scope !== undefined) report(checker, checkDiagnostic('ARC3110', { callee }, call.scope.span))
}

function acceptsOf(decl: FunctionDecl | ObjectDecl, type: Type): Slot['accepts'] {
  if (!isElementwise(decl, type)) return 'type'
  if (sharesDimension(decl)) return 'any number'
  return isPrimitive(decl) && !isDimensionless(type.dimension) ? 'angle or plain' : 'elementwise'
}

/** A default that is a list of several elements shows what a parameter takes, such as a range. */
function likeOf({ default: initial }: Parameter): { like?: string } {
  return initial?.kind === 'List' && initial.items.length > 1 ? { like: textOf(initial.span) } : {}
}

function slotsOf(checker: Checker, decl: FunctionDecl | ObjectDecl): readonly Slot[] {
  return callParameters(checker, decl).map(({ parameter, type }) => ({
    name: parameter.name.text,
    type,
    optional: parameter.default !== undefined,
    accepts: acceptsOf(decl, type),
    span: parameter.span,
    ...likeOf(parameter),
    ...(decl.kind === 'Function' && { owner: decl }),
  }))
}

function callFunction(checker: Checker, call: Call, decl: FunctionDecl, scope: Scope): Type {
  if (decl.keyword !== 'block') refuseScope(checker, call, decl.name.text)
  const slots = slotsOf(checker, decl)
  const types = bindArguments(checker, { ...call, callee: decl.name.text, declared: decl.name.span, slots }, scope)
  const elementwise = slots
    .flatMap((slot) => (slot.accepts === 'type' ? [] : [types.get(slot.name)]))
    .filter((type) => type !== undefined)
  // What follows in a pipeline is not checked against the result of a call that does not fit.
  if (call.given[0]?.into !== undefined && types.get(slots[0]?.name ?? '')?.kind === 'unknown') return unknown
  if (isPrimitive(decl) && decl.name.text === 'sum') return sumOf(checker, call, types.get('list'))
  if (sharesDimension(decl)) checkShared(checker, call, decl, elementwise)
  return elementwiseResult(decl, resultType(checker, decl), elementwise)
}

/** `sum(list)`: what the elements are. */
function sumOf(checker: Checker, call: Call, list: Type | undefined): Type {
  if (list?.kind !== 'list') return unknown
  const { element } = list
  if (element.kind === 'number' || element.kind === 'tensor' || element.kind === 'unknown') return element
  const params = { place: '`list` of `sum` takes', expected: 'a list of numbers or tensors', found: showType(list) }
  report(checker, checkDiagnostic('ARC3001', params, call.given[0]?.span ?? call.expr.span))
  return unknown
}

/** `activation(x)`, where `activation` is a parameter: it takes a tensor; further arguments are those of the block that is passed. */
function callBlockValue(checker: Checker, call: Call, scope: Scope): Type {
  const [first, ...others] = call.given
  const callee = textOf(call.callee.span)
  const result: Type = { kind: 'tensor', form: 'Tensor' }
  for (const { value } of others) checker.infer(value, scope)
  if (first === undefined || first.name !== undefined)
    report(checker, checkDiagnostic('ARC3102', { callee, names: ['x'] }, call.callee.span))
  else checker.check(first.value, scope, { type: result, what: `the first argument of \`${callee}\``, verb: 'must be' })
  return result
}

/** `max(0 rad, 1)`: both must have the same dimension. */
function checkShared(checker: Checker, call: Call, decl: FunctionDecl, types: readonly Type[]): void {
  const [first, second] = types
  const at = call.given[1]
  if (first?.kind !== 'number' || second?.kind !== 'number' || at === undefined) return
  if (sameDimension(first.dimension, second.dimension)) return
  const params = { doing: `take the ${decl.name.text} of ${showType(first)} and ${showType(second)}` }
  const related = call.given[0] === undefined ? [] : [{ span: call.given[0].value.span, message: showType(first) }]
  report(checker, checkDiagnostic('ARC3008', params, at.value.span, { label: showType(second), related }))
}

/** Adds arguments to a backbone; positional ones go to the parameters that have none yet. */
function callBackbone(checker: Checker, call: Call, callee: Extract<Type, { kind: 'backbone' }>, scope: Scope): Type {
  const { decl } = callee
  const name = call.callee.kind === 'Name' ? call.callee.name : (decl?.name.text ?? textOf(call.callee.span))
  const [first, ...rest] = call.given
  const type = first === undefined || first.name !== undefined ? undefined : checker.infer(first.value, scope)
  if (type?.kind === 'tensor') {
    const complete = callBackbone(checker, { ...call, given: rest, scope: undefined }, callee, scope)
    if (complete.kind === 'backbone') checkComplete(checker, complete, call.callee.span)
    return { kind: 'tensor', form: 'Vector' }
  }
  refuseScope(checker, call, name)
  if (decl === undefined) {
    inferAll(checker, call, scope)
    return callee
  }
  const before = callee.given ?? new Set<string>()
  const all = slotsOf(checker, decl).map((slot) => ({ ...slot, optional: true }))
  const slots = [...all.filter((slot) => !before.has(slot.name)), ...all.filter((slot) => before.has(slot.name))]
  const args = type === undefined || first === undefined ? call.given : [{ ...first, type }, ...rest]
  const types = bindArguments(checker, { ...call, given: args, callee: name, declared: decl.name.span, slots }, scope)
  const given = new Set([...before, ...types.keys()])
  return { kind: 'backbone', decl, given }
}

function callObject(checker: Checker, call: Call, decl: ObjectDecl, scope: Scope): Type {
  refuseScope(checker, call, decl.name.text)
  bindArguments(
    checker,
    { ...call, callee: decl.name.text, declared: decl.name.span, slots: slotsOf(checker, decl), makes: decl.keyword },
    scope,
  )
  return { kind: 'object', keyword: decl.keyword, decl }
}
