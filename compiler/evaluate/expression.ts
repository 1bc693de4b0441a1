/** Evaluation of expressions: one rule per kind. */
import type { BatchExpr, BlockExpr, Expr, ForExpr, IndexExpr, NumberExpr, RangeExpr } from '../../grammar/ast.ts'
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { membersOf, noValue } from '../check/fit.ts'
import { typeOfNode } from '../check/type-nodes.ts'
import type { Host } from '../host/host.ts'
import type { Program } from '../names/program.ts'
import { unitOf } from '../types/dimension.ts'
import type { Type } from '../types/type.ts'
import type { Value } from '../values/value.ts'
import { evaluateCall, evaluateName, evaluatePipe, qualified } from './call.ts'
import { evaluateIf } from './choose.ts'
import { conformToNode } from './conform.ts'
import { bind, type Context, type Env, enterNesting, fail, findLocal, type Session, Stopped, spend } from './context.ts'
import { evaluateMember } from './member.ts'
import { bool, list, none, number } from './numbers.ts'
import { evaluateBinary, evaluateUnary } from './operators.ts'
import { requireLocals } from './requirement.ts'
import { describe } from './show.ts'
import { stringText } from './text.ts'

type Rule<K extends Expr['kind']> = (
  expr: Extract<Expr, { readonly kind: K }>,
  env: Env,
  context: Context,
  expected: Type | undefined,
) => Value

function evaluateNumber(expr: NumberExpr, _env: Env, context: Context): Value {
  const { value, isInteger, unit } = expr
  if (unit === undefined) return number(value, {}, isInteger)
  if (unit.text === 'per device' || unit.text === 'global') return batchOf(value, unit.text, expr.span, context)
  const known = unitOf(unit.text)
  if (known === undefined) return fail(context, 'ARC4001', { name: unit.text }, unit.span)
  return number(value * known.factor, known.dimension, isInteger && known.factor === 1)
}

function batchOf(count: number, unit: string, span: Span, context: Context): Value {
  if (Number.isSafeInteger(count) && count > 0)
    return { kind: 'batch', count, scope: unit === 'global' ? 'global' : 'device' }
  return fail(context, 'ARC4023', { what: 'a batch', bounds: 'a whole number of 1 or more', found: count }, span)
}

/** `n per device` */
function evaluateBatch({ value, unit, span }: BatchExpr, env: Env, context: Context): Value {
  if (unit.text !== 'per device' && unit.text !== 'global')
    return fail(context, 'ARC4001', { name: unit.text }, unit.span)
  return batchOf(wholeNumber(value, env, context), unit.text, span, context)
}

function evaluateRange(expr: RangeExpr, env: Env, context: Context): Value {
  const [from, to] = [expr.from, expr.to].map((bound) => wholeNumber(bound, env, context))
  if (from === undefined || to === undefined) return list([])
  const length = Math.max(0, to - from)
  spend(context, length, expr.span)
  return list(Array.from({ length }, (_, i) => number(from + i)))
}

function wholeNumber(expr: Expr, env: Env, context: Context): number {
  const value = context.session.evaluate(expr, env, context)
  if (value.kind === 'number' && Number.isSafeInteger(value.value)) return value.value
  return fail(context, 'ARC4002', { found: describe(value), wanted: 'a whole number' }, expr.span)
}

function evaluateIndex(expr: IndexExpr, env: Env, context: Context): Value {
  const object = context.session.evaluate(expr.object, env, context)
  if (object.kind !== 'list')
    return fail(context, 'ARC4002', { found: describe(object), wanted: 'a list' }, expr.object.span)
  const index = wholeNumber(expr.index, env, context)
  const { length } = object.items
  const written = textOf(expr.object.span)
  const notes = index < 0 && length > 0 ? [`from the end: \`${written}[${written}.length - ${-index}]\``] : []
  return object.items[index] ?? fail(context, 'ARC4006', { index, length }, expr.index.span, { notes })
}

function evaluateFor(expr: ForExpr, env: Env, context: Context): Value {
  const items = context.session.evaluate(expr.items, env, context)
  if (items.kind !== 'list')
    return fail(context, 'ARC4002', { found: describe(items), wanted: 'a list' }, expr.items.span)
  const { carry, variable, body } = expr
  if (carry === undefined)
    return list(items.items.map((item) => context.session.evaluate(body, bind(env, variable.text, item), context)))
  let carried = context.session.evaluate(carry.start, env, context)
  for (const item of items.items) {
    const inner = bind(bind(env, variable.text, item), carry.name.text, carried)
    carried = context.session.evaluate(body, inner, context)
  }
  return carried
}

/** `let`s in order, each seeing those before it. */
export function bindLets(lets: BlockExpr['lets'], env: Env, context: Context): Env {
  let inner = env
  for (const decl of lets) {
    const hint = decl.type === undefined ? undefined : typeOfNode(decl.type)
    const value = context.session.evaluate(decl.value, inner, context, hint)
    const typed =
      decl.type === undefined
        ? value
        : conformToNode(context, decl.type, value, inner, decl.value.span, `\`${decl.name.text}\``)
    inner = bind(inner, decl.name.text, typed)
  }
  return inner
}

const rules: { readonly [K in Expr['kind']]: Rule<K> } = {
  Number: evaluateNumber,
  String: stringText,
  Bool: (expr) => bool(expr.value),
  Name: (expr, env, context, expected) => {
    if (findLocal(env, expr.name) === undefined) {
      if (membersOf(expected).includes(expr.name)) return { kind: 'enum', member: expr.name }
      if (expr.name === noValue && expected?.kind === 'optional') return none
    }
    return evaluateName(expr.name, expr.span, env, context)
  },
  List: (expr, env, context, expected) => {
    const element = elementOf(expected)
    return list(expr.items.map((item) => context.session.evaluate(item, env, context, element)))
  },
  Range: evaluateRange,
  Record: (expr, env, context) => ({
    kind: 'record',
    fields: new Map(expr.fields.map((field) => [field.name.text, context.session.evaluate(field.value, env, context)])),
  }),
  Unary: evaluateUnary,
  Binary: evaluateBinary,
  Pipe: evaluatePipe,
  Call: evaluateCall,
  Member: (expr, env, context) => {
    const name = qualified(expr, env)
    if (name !== undefined) return evaluateName(name.name, name.span, env, context)
    return evaluateMember(context.session.evaluate(expr.object, env, context), expr, context)
  },
  Index: evaluateIndex,
  If: evaluateIf,
  For: evaluateFor,
  Block: (expr, env, context, expected) => {
    const { lets, requires, value } = expr
    if (requires.length === 0) return context.session.evaluate(value, bindLets(lets, env, context), context, expected)
    const inOrder = [...lets, ...requires].sort((a, b) => a.span.start - b.span.start)
    let inner = env
    for (const line of inOrder) {
      if (line.kind === 'Let') inner = bindLets([line], inner, context)
      else requireLocals(line.condition, inner, context)
    }
    return context.session.evaluate(value, inner, context, expected)
  },
  Batch: evaluateBatch,
  SectionValue: (expr, env) => ({ kind: 'section', name: expr.name.text, entries: expr.entries, env }),
  Error: () => {
    throw new Stopped('this could not be read')
  },
}

function elementOf(type: Type | undefined): Type | undefined {
  if (type?.kind === 'optional') return elementOf(type.inner)
  return type?.kind === 'list' ? type.element : undefined
}

/** The value of an expression; `expected` is the type that its place accepts, for enum names. */
function evaluate(expr: Expr, env: Env, context: Context, expected?: Type): Value {
  spend(context, 1, expr.span)
  const rule = rules[expr.kind] as Rule<Expr['kind']>
  const { spent } = context.session
  enterNesting(context, expr.span)
  try {
    return rule(expr as never, env, context, expected)
  } finally {
    spent.nesting--
  }
}

/** A session evaluates one program and keeps the values of its top-level `let`s. */
export function createSession(program: Program, host: Host, bag: DiagnosticBag): Session {
  return { program, host, bag, lets: new Map(), spent: { steps: 0, nesting: 0 }, evaluate }
}
