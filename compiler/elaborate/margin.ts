/**
 * Margins of a resolved experiment: their methods applied to tensors, what those read, and the states of all margins inside.
 *
 * Legend: B rows of the batch, K classes.
 */
import type { Expr, StateEntry } from '../../grammar/ast.ts'
import { attempt, type Context, fail, type Session, staticContext } from '../evaluate/context.ts'
import { callMethod, innerMargins, methodOf, statesOf } from '../evaluate/method.ts'
import { number, tensor } from '../evaluate/numbers.ts'
import { showValue } from '../evaluate/show.ts'
import type { Margin, MarginNeeds, MarginValues } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type * as ir from '../ir/graph.ts'
import { splat } from '../ir/ops.ts'
import { marginPrefix } from '../ir/state-tensor.ts'
import { gradient } from '../ir/vjp.ts'
import { methodsOf } from '../schema/methods.ts'
import * as schema from '../schema/objects.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import { readObject } from './read.ts'
import { again, contextOf, scratch, shaped } from './scalar-code.ts'

type Method = keyof Margin['needs']

/** A margin, or one inside of it. */
interface Part {
  readonly object: ObjectValue
  /** What the names of its states begin with: `margin.inner.` */
  readonly prefix: string
  readonly states: ReturnType<typeof statesOf>
}

/** The margin of an experiment, and all margins inside. */
interface Code {
  readonly object: ObjectValue
  readonly session: Session
  readonly parts: readonly Part[]
}

/** A margin that is in several places has the name of the first. */
export function partsOf(
  object: ObjectValue,
  context: Context,
  prefix = marginPrefix,
  found: Part[] = [],
): readonly Part[] {
  if (found.some((part) => part.object === object)) return found
  found.push({ object, prefix, states: statesOf(object, context, number(someClasses)) })
  for (const inner of innerMargins(object, context)) partsOf(inner.object, context, `${prefix}${inner.name}.`, found)
  return found
}

/** Full names. */
function statesNamed(parts: readonly Part[], keyword: StateEntry['keyword']): readonly string[] {
  return parts.flatMap(({ prefix, states }) =>
    states.filter((state) => state.keyword === keyword).map(({ name }) => `${prefix}${name}`),
  )
}

/** Fewest classes of a run: first values are tried with them. */
const someClasses = 2

/** The first values of all margins, by full name. */
function firstValues({ parts, session }: Code, classes: number): ReadonlyMap<string, number> {
  const context = staticContext(session)
  return new Map(
    parts.flatMap(({ object, prefix }) =>
      statesOf(object, context, number(classes)).map(({ name, initial }) => [`${prefix}${name}`, initial] as const),
    ),
  )
}

function asValue(value: ir.Value | number): Value {
  return typeof value === 'number' ? number(value) : tensor(value)
}

/** The context of a method on the device, in which the states of each margin are values of the step. */
function contextWith({ session, parts }: Code, builder: GraphBuilder, values: MarginValues): Context {
  const statesIn = ({ prefix, states }: Part) =>
    new Map(
      states.flatMap(({ name }) => {
        const value = values.get(`${prefix}${name}`)
        return value === undefined ? [] : [[name, asValue(value)] as const]
      }),
    )
  const marginStates = new Map(parts.map((part) => [part.object, statesIn(part)]))
  return { ...contextOf(session, builder), marginStates }
}

/** The result of a method that is a number; `read` is told what it reads. */
function callScalar(
  code: Code,
  method: Exclude<Method, 'update'>,
  builder: GraphBuilder,
  values: MarginValues,
  read: (name: string) => void = () => {},
): { readonly value: Value; readonly context: Context } {
  const context = contextWith(code, builder, values)
  const reads = readsOf(values, read)
  return { value: callMethod(code.object, method, reads, code.object.span, context), context }
}

function readsOf(values: MarginValues, read: (name: string) => void): ReadonlyMap<string, () => Value> {
  return new Map(
    Array.from(values, ([name, value]) => [
      name,
      () => {
        read(name)
        return asValue(value)
      },
    ]),
  )
}

/** Where an update computes the new value of a state. */
function newValueSpan(body: Expr, name: string): Expr['span'] {
  if (body.kind === 'Block') return newValueSpan(body.value, name)
  const field = body.kind === 'Record' ? body.fields.find((given) => given.name.text === name) : undefined
  return field?.value.span ?? body.span
}

/** The new states of all margins, f32 [] each. */
function callUpdates(
  code: Code,
  builder: GraphBuilder,
  values: MarginValues,
  read: (name: string) => void = () => {},
): ReadonlyMap<string, ir.Value> {
  const context: Context = { ...contextWith(code, builder, values), batch: true }
  const after = new Map<string, ir.Value>()
  for (const { object, prefix, states } of code.parts) {
    const method = methodOf(object, 'update')
    if (method === undefined) continue
    const margin = object.decl.name.text
    const result = callMethod(object, 'update', readsOf(values, read), object.span, context)
    for (const { name } of states.filter(({ keyword }) => keyword === 'state')) {
      const what = `the result of \`${margin}.update\``
      const value = result.kind === 'record' ? result.fields.get(name) : undefined
      if (value === undefined) return fail(context, 'ARC4012', { what, name }, method.body.span)
      if (value.kind === 'tensor' && value.value.type.shape.length > 0)
        return fail(context, 'ARC4052', { margin, state: name }, newValueSpan(method.body, name), {
          notes: ['write `average(…)` or `deviation(…)` of what differs from row to row'],
        })
      after.set(`${prefix}${name}`, shaped(context, object, 'update', value, { dtype: 'f32', shape: [] }))
    }
  }
  return after
}

/** Whether what a method reads is one number of the step, or of the run. */
const isOfStep = (name: string) => name === 'step' || name === 'fewest' || name === 'most'
const isStatic = (name: string) => name === 'total' || name === 'epoch' || name === 'classes'

const nothing: MarginNeeds = { reads: new Set(), varying: new Set() }

/** Tries a method on a graph of its own, so that its mistakes are reported, and finds what it needs. */
function needsOf(code: Code, method: Method): MarginNeeds {
  const { builder, input } = scratch()
  const rows = method === 'other' ? [2, 1] : [2]
  const inputs = new Map<string, ir.Value>()
  const values = new Map<string, ir.Value | number>()
  const declare = (name: string, shape: readonly number[]) => {
    const value = input(name, shape)
    inputs.set(name, value)
    values.set(name, value)
  }
  const shapeOf = (name: string) => {
    if (isOfStep(name)) return []
    if (method !== 'other') return rows
    return name === 'cos' ? [2, 3] : name === 'count' ? [1, 3] : rows
  }
  for (const name of Object.keys(methodsOf.margin[method]?.reads ?? {}))
    if (isStatic(name)) values.set(name, 100)
    else declare(name, shapeOf(name))
  for (const { prefix, states } of code.parts) for (const { name } of states) declare(`${prefix}${name}`, [])
  const reads = new Set<string>()
  const read = (name: string) => name !== 'cos' && reads.add(name)
  if (method === 'update') {
    callUpdates(code, builder, values, read)
    return { reads, varying: new Set() }
  }
  const { value, context } = callScalar(code, method, builder, values, read)
  const like = { dtype: 'f32', shape: method === 'other' ? [2, 3] : [2] } as const
  const result = shaped(context, code.object, method, value, like)
  const learned = statesNamed(code.parts, 'learn')
  const names = ['norm', 'own', ...learned].filter((name) => inputs.has(name))
  const found = gradient(
    builder,
    [{ value: result, cotangent: splat(builder, 1, like) }],
    names.flatMap((name) => inputs.get(name) ?? []),
  )
  return { reads, varying: new Set(names.filter((_, i) => found[i] !== undefined)) }
}

function memoized<T>(of: (key: number) => T): (key: number) => T {
  const known = new Map<number, { readonly value: T }>()
  return (key) => {
    const found = known.get(key) ?? { value: of(key) }
    known.set(key, found)
    return found.value
  }
}

/** A margin outside of another must have its loss: its logits go to one loss. */
function checkLosses({ object, parts, session }: Code, loss: Margin['loss']): void {
  const context = staticContext(session)
  for (const { object: inner } of parts) {
    const own = readObject(schema.margin, inner, context)?.loss
    if (own === undefined || own === loss) continue
    const names = { margin: object.decl.name.text, inner: inner.decl.name.text }
    fail(context, 'ARC4053', { ...names, loss: own }, object.span, { notes: ['write `loss = inner.loss`'] })
  }
}

/** `undefined` after reported errors. */
export function resolveMargin(object: ObjectValue, session: Session): Margin | undefined {
  const tried = attempt(() => {
    const context = staticContext(session)
    const code: Code = { object, session, parts: partsOf(object, context) }
    const has = (method: Method) => code.parts.some((part) => methodOf(part.object, method) !== undefined)
    const needs = {
      target: needsOf(code, 'target'),
      other: methodOf(object, 'other') === undefined ? nothing : needsOf(code, 'other'),
      penalty: has('penalty') ? needsOf(code, 'penalty') : nothing,
      update: has('update') ? needsOf(code, 'update') : nothing,
    }
    const fields = readObject(schema.margin, object, context)
    if (fields !== undefined) checkLosses(code, fields.loss)
    return fields && { ...fields, code, needs, penalized: has('penalty'), updated: has('update') }
  })
  if (tried === undefined) return undefined
  const { code, needs, scale, loss } = tried
  const onCosines =
    (method: 'target' | 'other') =>
    (builder: GraphBuilder, cos: ir.Value, values: MarginValues = new Map()): ir.Value =>
      again('a margin', session, () => {
        const { value, context } = callScalar(code, method, builder, new Map([...values, ['cos', cos]]))
        return shaped(context, object, method, value, cos.type)
      })
  return {
    name: object.decl.name.text,
    text: showValue(object),
    scale,
    loss,
    states: statesNamed(code.parts, 'state'),
    learned: statesNamed(code.parts, 'learn'),
    firstValues: memoized((classes) => attempt(() => firstValues(code, classes))),
    needs,
    target: onCosines('target'),
    other: methodOf(object, 'other') === undefined ? undefined : onCosines('other'),
    penalty: !tried.penalized
      ? undefined
      : (builder, values, rows) =>
          again('a margin', session, () => {
            const { value, context } = callScalar(code, 'penalty', builder, values)
            return shaped(context, object, 'penalty', value, rows)
          }),
    update: !tried.updated
      ? undefined
      : (builder, values) => again('a margin', session, () => callUpdates(code, builder, values)),
    span: object.span,
  }
}
