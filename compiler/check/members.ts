/** `value.name` and `list[index]`. */
import type { IndexExpr, MemberExpr, ObjectKeyword } from '../../grammar/ast.ts'
import { didYouMean, editDistance } from '../../grammar/suggest.ts'
import { meantName } from '../names/other-words.ts'
import { backboneFigures, listMembers, sizesOf } from '../schema/members.ts'
import { objectSpecs } from '../schema/objects.ts'
import type { SectionSpec } from '../schema/spec.ts'
import { own } from '../types/own.ts'
import { int, type TensorForm, type Type, unknown } from '../types/type.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { present } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { quoteList, showType } from './show-type.ts'
import { callParameters } from './signatures.ts'

/** The last dim is `channels` for images, `features` for vectors and both for tokens; they are often confused. */
function lastDim(form: TensorForm, name: string): string | undefined {
  if (form === 'Vector' && meantName(name, ['channels']) !== undefined) return 'features'
  return form === 'Image' && meantName(name, ['features']) !== undefined ? 'channels' : undefined
}

/** A section of an object as a value. */
export function sectionType(spec: SectionSpec): Type {
  const fields = new Map<string, Type>()
  for (const [name, field] of Object.entries(spec.fields)) fields.set(name, field.type)
  for (const [name, section] of Object.entries(spec.sections)) fields.set(name, sectionType(section))
  return { kind: 'record', fields }
}

/** The readable members of an object: its parameters, fields and sections. */
export function objectMembers(
  checker: Checker,
  keyword: ObjectKeyword,
  decl: Extract<Type, { kind: 'object' }>['decl'],
): ReadonlyMap<string, Type> {
  const body = sectionType(objectSpecs[keyword].body)
  const members = new Map<string, Type>(body.kind === 'record' ? body.fields : [])
  if (decl !== undefined)
    for (const { parameter, type } of callParameters(checker, decl))
      if (!members.has(parameter.name.text)) members.set(parameter.name.text, type)
  return members
}

/** The arguments and fields of an object, or the arguments of a backbone, that a path in an experiment can set. */
export function innerMembers(checker: Checker, type: Type): ReadonlyMap<string, Type> | undefined {
  if (type.kind === 'object') return objectMembers(checker, type.keyword, type.decl)
  if (type.kind !== 'backbone' || type.decl === undefined) return undefined
  return new Map(callParameters(checker, type.decl).map(({ parameter, type: given }) => [parameter.name.text, given]))
}

function typesOf(members: Readonly<Record<string, { readonly type: Type }>>): readonly (readonly [string, Type])[] {
  return Object.entries(members).map(([name, { type }]) => [name, type])
}

/** Figures of a backbone, and its arguments. */
function backboneMembers(checker: Checker, type: Extract<Type, { kind: 'backbone' }>): ReadonlyMap<string, Type> {
  const members = new Map(typesOf(backboneFigures))
  if (type.decl === undefined) return members
  for (const { parameter, type: given } of callParameters(checker, type.decl))
    if (type.given?.has(parameter.name.text)) members.set(parameter.name.text, given)
  return members
}

/** Names and types of a value's members; `undefined` if it has none. */
function membersOfType(checker: Checker, type: Type): ReadonlyMap<string, Type> | undefined {
  switch (type.kind) {
    case 'tensor':
      return new Map(sizesOf(type.form))
    case 'backbone':
      return backboneMembers(checker, type)
    case 'list':
      return new Map(typesOf(listMembers))
    case 'record':
      return type.fields
    case 'object':
      return objectMembers(checker, type.keyword, type.decl)
    default:
      return undefined
  }
}

export function typeOfMember(checker: Checker, expr: MemberExpr, scope: Scope): Type {
  const object = checker.infer(expr.object, scope)
  return typeOfMemberIn(checker, expr, object, scope)
}

/** `conv(8).flatten()`: blocks and functions are no methods of what they are applied to; false if this is anything else. */
function reportChain(checker: Checker, { object: before, name }: MemberExpr, object: Type, scope: Scope): boolean {
  if (object.kind !== 'function' && object.kind !== 'tensor') return false
  const { text, span } = name
  const isCallable = scope.module.scope.get(text)?.decl.kind === 'Function'
  if (!isCallable || membersOfType(checker, object)?.has(text) === true) return false
  const sign = { ...span, start: before.span.end, end: span.start }
  const fix = { message: 'a value is passed on with `|>`', span: sign, replacement: ' |> ' }
  report(checker, checkDiagnostic('ARC3011', { type: showType(object), name: text }, span, { fix }))
  return true
}

/** `memory_peek` is `memory.peak`, and `train_batch` `train.batch`: a member of a member, with an underscore. */
function meantPath(object: Type, name: string): string | undefined {
  if (object.kind !== 'record' || !name.includes('_')) return undefined
  const paths = [...object.fields].flatMap(([first, type]) =>
    type.kind === 'record' ? [...type.fields.keys()].map((second) => `${first}.${second}`) : [],
  )
  const limit = Math.floor(name.length / 5)
  return paths.find((path) => editDistance(name.toLowerCase(), path.replace('.', '_'), limit) <= limit)
}

/** The same for an object of known type. */
export function typeOfMemberIn(checker: Checker, expr: MemberExpr, object: Type, scope: Scope): Type {
  if (object.kind === 'unknown' || reportChain(checker, expr, object, scope)) return unknown
  const members = membersOfType(checker, object)
  const { text: name } = expr.name
  const found = members?.get(name)
  if (found !== undefined) {
    if (object.kind === 'backbone') checkComplete(checker, object, expr.object.span)
    return present(found)
  }
  if (object.kind === 'object' && own(objectSpecs[object.keyword].methods, name) !== undefined) {
    report(checker, checkDiagnostic('ARC3114', { name }, expr.name.span, { label: 'add the call' }))
    return unknown
  }
  const known = [...(members?.keys() ?? [])]
  const meant =
    (object.kind === 'tensor' ? lastDim(object.form, name) : undefined) ??
    meantPath(object, name) ??
    meantName(name, known)
  const fix = didYouMean(meant, expr.name.span)
  const notes = meant === undefined && known.length > 0 ? [`${showType(object)} has ${quoteList(known)}`] : []
  report(checker, checkDiagnostic('ARC3011', { type: showType(object), name }, expr.name.span, { notes, ...fix }))
  return unknown
}

/** Reports missing arguments of a backbone that is about to be used. */
export function checkComplete(
  checker: Checker,
  type: Extract<Type, { kind: 'backbone' }>,
  span: MemberExpr['span'],
): void {
  const { decl, given } = type
  if (decl === undefined || given === undefined) return
  const names = decl.parameters
    .filter((p) => p.default === undefined && !given.has(p.name.text))
    .map((p) => p.name.text)
  if (names.length === 0) return
  const related = [{ span: decl.name.span, message: 'declared here' }]
  report(checker, checkDiagnostic('ARC3102', { callee: decl.name.text, names }, span, { related }))
}

export function typeOfIndex(checker: Checker, expr: IndexExpr, scope: Scope): Type {
  const object = checker.infer(expr.object, scope)
  checker.check(expr.index, scope, { type: int, what: 'the index of a list', verb: 'must be' })
  if (object.kind === 'list') return object.element
  if (object.kind !== 'unknown')
    report(checker, checkDiagnostic('ARC3012', { found: showType(object) }, expr.object.span))
  return unknown
}
