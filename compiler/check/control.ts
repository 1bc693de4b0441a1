/** `if`, `for`, blocks, lists, ranges and records. */
import type {
  BlockExpr,
  Expr,
  ForExpr,
  Ident,
  IfExpr,
  LetDecl,
  ListExpr,
  NameExpr,
  RangeExpr,
  RecordExpr,
} from '../../grammar/ast.ts'
import { joinSpans, textOf } from '../../grammar/source.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { bool, int, listOf, type Type, unknown } from '../types/type.ts'
import { bind, type Checker, type Expected, findLocal, innerScope, report, type Scope } from './checker.ts'
import { fits, isPlainNumber, join } from './fit.ts'
import { checkItems } from './list-items.ts'
import { checkDiagnostic } from './messages.ts'
import { expectType } from './mismatch.ts'
import { showType } from './show-type.ts'
import { checkTypeNode } from './type-nodes.ts'

/** How the value of an inner expression is typed: against the expected type of the whole, or freely. */
type Typing = (expr: Parameters<Checker['infer']>[0], scope: Scope) => Type

function typing(checker: Checker, expected: Expected | undefined, hint: Type | undefined): Typing {
  return (expr, scope) =>
    expected === undefined ? checker.infer(expr, scope, hint) : checker.check(expr, scope, expected)
}

const condition = {
  type: { kind: 'bool', device: true } as const,
  what: 'the condition of `if`',
  verb: 'must be' as const,
}

/** Both branches must agree. If the condition is only known on the device, the branches and the result are numbers. */
export function typeOfIf(checker: Checker, expr: IfExpr, scope: Scope, expected?: Expected, hint?: Type): Type {
  const on = checker.check(expr.condition, scope, condition)
  const isSelect = on.kind === 'bool' && on.device === true
  const branch = isSelect ? typing(checker, undefined, undefined) : typing(checker, expected, hint)
  const then = branch(expr.then, scope)
  const otherwise = branch(expr.otherwise, scope)
  const joined = isSelect ? joinSelected(then, otherwise) : join(then, otherwise)
  if (joined !== undefined) return joined
  const [first, second] = [showType(then), showType(otherwise)]
  const params = { what: 'both branches of an `if` give the same kind of value', first, second }
  const related = [{ span: expr.then.span, message: first }]
  report(checker, checkDiagnostic('ARC3010', params, expr.otherwise.span, { label: second, related }))
  return unknown
}

/** Both branches are computed on the device, and one is selected: numbers, tensors, and records of them. */
function joinSelected(a: Type, b: Type): Type | undefined {
  if (a.kind === 'unknown' || b.kind === 'unknown') return unknown
  if (a.kind === 'tensor' && (b.kind === 'tensor' || isPlainNumber(b))) return b.kind === 'tensor' ? join(a, b) : a
  if (b.kind === 'tensor' && isPlainNumber(a)) return b
  const joined = join(a, b)
  if (joined?.kind === 'number') return { ...joined, integer: false, device: true }
  if (joined?.kind !== 'record' || a.kind !== 'record' || b.kind !== 'record') return undefined
  const fields = new Map<string, Type>()
  for (const [name, type] of a.fields) {
    const selected = joinSelected(type, b.fields.get(name) ?? unknown)
    if (selected === undefined) return undefined
    fields.set(name, selected)
  }
  return { kind: 'record', fields }
}

/** Remembers the parameter that a new local name hides. */
function noteHidden({ hiddenParameters }: Checker, { text, span }: Ident, scope: Scope): void {
  const hidden = findLocal(scope, text, () => true)
  if (hidden?.kind === 'parameter' && !hiddenParameters.has(hidden.span)) hiddenParameters.set(hidden.span, span)
}

/** Binds the `let`s of a block, each visible after its own line. */
export function bindLets(checker: Checker, lets: readonly LetDecl[], scope: Scope): void {
  for (const decl of lets) {
    const before = scope.bindings.get(decl.name.text)
    if (before !== undefined && before.kind === 'let') {
      const related = [{ span: before.span, message: 'first declared here' }]
      report(
        checker,
        nameDiagnostic('ARC2003', { name: decl.name.text }, decl.name.span, { label: 'declared again', related }),
      )
    }
    const type = typeOfLet(checker, decl, scope)
    noteHidden(checker, decl.name, scope)
    bind(scope, decl.name.text, type, decl.name.span, 'let')
  }
}

export function typeOfLet(checker: Checker, decl: LetDecl, scope: Scope): Type {
  if (decl.type === undefined) return checker.infer(decl.value, scope)
  const type = checkTypeNode(checker, decl.type, scope)
  const origin = { span: decl.type.span, message: 'the type is declared here' }
  return checker.check(decl.value, scope, { type, what: `\`${decl.name.text}\``, verb: 'must be', origin })
}

/** Remembers the `let`s of a finished scope that nothing uses. */
export function noteUnused(checker: Checker, scope: Scope): void {
  for (const binding of scope.bindings.values()) {
    if (binding.kind !== 'let' || checker.used.has(binding) || binding.name.startsWith('_')) continue
    report(checker, nameDiagnostic('ARC2007', { name: binding.name }, binding.span, { label: 'never used' }))
  }
}

/** Remembers a loop whose body does not read what it carries. */
function noteUnreadCarry(checker: Checker, { carry, body }: ForExpr, { bindings }: Scope): void {
  const binding = carry && bindings.get(carry.name.text)
  if (carry === undefined || binding?.kind !== 'carry' || checker.used.has(binding) || binding.name.startsWith('_'))
    return
  const first = firstName(body.value)
  const isStart = first !== undefined && first.name === textOf(carry.start.span)
  const fix = isStart ? didYouMean(binding.name, first.span) : {}
  const related = [{ span: carry.name.span, message: 'carried here' }]
  report(checker, checkDiagnostic('ARC3291', { name: binding.name }, body.value.span, { related, ...fix }))
}

/** The name at the start of a pipeline. */
function firstName(expr: Expr): NameExpr | undefined {
  if (expr.kind === 'Pipe') return firstName(expr.value)
  if (expr.kind === 'Block') return firstName(expr.value)
  return expr.kind === 'Name' ? expr : undefined
}

/** Remembers the parameters that nothing reads; `read` are read by other means. */
export function noteUnusedParameters(
  checker: Checker,
  parameters: readonly Ident[],
  read: (name: string) => boolean = () => false,
): void {
  for (const { text: name, span } of parameters) {
    if (checker.usedParameters.has(span) || name.startsWith('_') || read(name)) continue
    const hiding = checker.hiddenParameters.get(span)
    if (hiding === undefined)
      report(checker, nameDiagnostic('ARC2007', { name }, span, { label: 'nothing reads this parameter' }))
    else {
      const related = [{ span, message: 'the parameter, which nothing reads' }]
      report(checker, nameDiagnostic('ARC2088', { name }, hiding, { related }))
    }
  }
}

export function typeOfBlock(checker: Checker, expr: BlockExpr, outer: Scope, expected?: Expected, hint?: Type): Type {
  const scope = innerScope(outer)
  bindLets(checker, expr.lets, scope)
  for (const { condition } of expr.requires) checkCondition(checker, condition, scope, '`require`')
  const type = typing(checker, expected, hint)(expr.value, scope)
  noteUnused(checker, scope)
  return type
}

export function typeOfFor(checker: Checker, expr: ForExpr, outer: Scope): Type {
  const items = checker.infer(expr.items, outer)
  if (items.kind !== 'list' && items.kind !== 'unknown')
    report(checker, checkDiagnostic('ARC3013', { found: showType(items) }, expr.items.span, forFix(expr, items)))
  const element = items.kind === 'list' ? items.element : unknown
  const body = (carried: Type | undefined): Type => {
    const scope = innerScope(outer)
    noteHidden(checker, expr.variable, outer)
    bind(scope, expr.variable.text, element, expr.variable.span, 'loop')
    if (expr.carry !== undefined) bind(scope, expr.carry.name.text, carried ?? unknown, expr.carry.name.span, 'carry')
    const type = typeOfBlock(checker, expr.body, scope)
    noteUnreadCarry(checker, expr, scope)
    return type
  }
  if (expr.carry === undefined) return listOf(body(undefined))
  const start = checker.infer(expr.carry.start, outer)
  const first = body(start)
  if (fits(first, start)) return start
  const wider = join(start, first)
  if (wider !== undefined && fits(body(wider), wider)) return wider
  const params = {
    what: `the carried \`${expr.carry.name.text}\` keeps its kind of value`,
    first: showType(start),
    second: showType(first),
  }
  const related = [{ span: expr.carry.start.span, message: showType(start) }]
  report(checker, checkDiagnostic('ARC3010', params, expr.body.value.span, { label: showType(first), related }))
  return start
}

/** `for i in 3`: a range was intended. */
function forFix(expr: ForExpr, items: Type) {
  if (items.kind !== 'number' || !items.integer) return {}
  const span = { ...expr.items.span, end: expr.items.span.start }
  return { fix: { message: 'write a range from start to end', span, replacement: '0..' } }
}

export function typeOfList(checker: Checker, expr: ListExpr, scope: Scope, expected?: Expected, hint?: Type): Type {
  const elementHint = hint?.kind === 'list' ? hint.element : undefined
  if (expected?.type.kind === 'list' && expected.type.element.kind !== 'unknown') {
    const element = {
      ...expected,
      type: expected.type.element,
      what: expected.what === '' ? '' : `an element of ${expected.what}`,
    }
    if (reportUnits(checker, expr, element)) return expected.type
    checkItems(checker, expr.items, scope, element)
    return expected.type
  }
  let element: Type = unknown
  for (const [index, item] of expr.items.entries()) {
    const type = checker.infer(item, scope, elementHint)
    const joined = join(element, type)
    if (joined === undefined) {
      const params = {
        what: 'the elements of a list are of one kind',
        first: showType(element),
        second: showType(type),
      }
      const first = expr.items[0]
      const related = first === undefined || index === 0 ? [] : [{ span: first.span, message: showType(element) }]
      report(checker, checkDiagnostic('ARC3010', params, item.span, { label: showType(type), related }))
      return listOf(unknown)
    }
    element = joined
  }
  return listOf(element)
}

/** `[8, 14]` where durations are required: one report for all; false if this is anything else. */
function reportUnits(checker: Checker, { items }: ListExpr, element: Expected): boolean {
  const [first, second] = items
  const last = items.at(-1)
  const numbers = items.filter((item) => item.kind === 'Number' && item.unit === undefined)
  if (first === undefined || second === undefined || last === undefined) return false
  if (element.type.kind !== 'duration' || numbers.length < items.length) return false
  const isEpochs = items.every((item) => item.kind === 'Number' && item.value < 1000)
  const [unit, other] = isEpochs ? ['epochs', 'steps'] : ['steps', 'epochs']
  const span = joinSpans(first.span, last.span)
  const replacement = items.map((item) => `${textOf(item.span)} ${unit}`).join(', ')
  const fix = { message: `write \`${replacement}\`, or the same with \`${other}\``, span, replacement }
  const params = { place: `${element.what} takes`, expected: showType(element.type) }
  report(checker, checkDiagnostic('ARC3002', params, first.span, { label: 'steps, or epochs?', fix }))
  return true
}

export function typeOfRange(checker: Checker, expr: RangeExpr, scope: Scope): Type {
  const start = { type: int, what: 'the start of a range', verb: 'must be' } as const
  const from = checker.infer(expr.from, scope)
  const isWhole = fits(from, int)
  // Ends that are both wrong are one mistake.
  if (isWhole || fits(checker.infer(expr.to, scope), int)) {
    if (!isWhole) expectType(checker, expr.from, from, start)
    checker.check(expr.to, scope, { type: int, what: 'the end of a range', verb: 'must be' })
  } else expectType(checker, expr.from, from, start)
  return listOf(int)
}

export function typeOfRecord(checker: Checker, expr: RecordExpr, scope: Scope): Type {
  const fields = new Map<string, Type>()
  const places = new Map<string, RecordExpr['span']>()
  for (const field of expr.fields) {
    const name = field.name.text
    const type = checker.infer(field.value, scope)
    const first = places.get(name)
    if (first !== undefined) {
      const related = [{ span: first, message: 'first specified here' }]
      report(checker, checkDiagnostic('ARC3016', { name }, field.name.span, { related }))
    }
    places.set(name, field.name.span)
    fields.set(name, type)
  }
  return { kind: 'record', fields }
}

/** A condition that must be known before the run. */
export function checkCondition(
  checker: Checker,
  expr: Parameters<Checker['check']>[0],
  scope: Scope,
  what: string,
): void {
  checker.check(expr, scope, { type: bool, what })
}
