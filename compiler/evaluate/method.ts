/** Methods and states of margins, optimizers and schedules. A method names what it reads; its values are computed on demand. */
import type { MethodEntry, StateEntry } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { addAligned } from '../primitives/tensors.ts'
import { objectSpecs } from '../schema/objects.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import type { Given } from './arguments.ts'
import { bind, type Context, enter, fail, findLocal, type Reads } from './context.ts'
import { number, tensor } from './numbers.ts'
import { envOf } from './object.ts'
import { namesIn } from './requirement.ts'
import { describe } from './show.ts'

export function methodOf(object: ObjectValue, name: string): MethodEntry | undefined {
  return object.decl.entries.find((entry): entry is MethodEntry => entry.kind === 'Method' && entry.name.text === name)
}

/** Whether objects of this kind have a method with this name, even if it is omitted. */
export function knowsMethod(object: ObjectValue, name: string): boolean {
  return Object.hasOwn(objectSpecs[object.decl.keyword].methods, name)
}

/** The frame of a method of an instance: a method that calls itself is found by it. */
const frames = new WeakMap<ObjectValue, Map<string, object>>()

function frameOf(object: ObjectValue, name: string): object {
  const known = frames.get(object) ?? new Map<string, object>()
  const frame = known.get(name) ?? {}
  frames.set(object, known.set(name, frame))
  return frame
}

/** Calls a method, which can read `reads`; `extra` has additional values in the scope of its body (the states of an optimizer). */
export function callMethod(
  object: ObjectValue,
  name: string,
  reads: Reads,
  span: Span,
  context: Context,
  extra: ReadonlyMap<string, Value> = new Map(),
): Value {
  const { decl } = object
  const full = `${decl.name.text}.${name}`
  const read = (wanted: string): Value =>
    reads.get(wanted)?.() ?? fail(context, 'ARC4008', { callee: full, name: wanted }, span)
  const method = methodOf(object, name)
  if (method === undefined) {
    if (decl.keyword === 'margin' && name === 'other') return read('cos')
    if (decl.keyword === 'margin' && name === 'penalty') return innerPenalty(object, reads, span, context)
    return fail(context, 'ARC4019', { keyword: decl.keyword, owner: decl.name.text, name }, span)
  }
  let env = envOf(object, method, context)
  const states = decl.keyword === 'margin' ? statesIn(object, reads, span, context) : extra
  for (const [state, value] of states) env = bind(env, state, value)
  for (const { name: parameter } of method.parameters) env = bind(env, parameter.text, read(parameter.text))
  const inner = enter(context, { name: full, target: frameOf(object, name), path: undefined, span })
  return context.session.evaluate(method.body, env, { ...inner, method: { object, reads } })
}

/** Without a `penalty` of its own, a margin has those of the margins inside it. */
function innerPenalty(object: ObjectValue, reads: Reads, span: Span, context: Context): Value {
  const terms = innerMargins(object, context).map((inner) => callMethod(inner.object, 'penalty', reads, span, context))
  const plain = (value: Value) => (value.kind === 'number' || value.kind === 'tensor' ? value.value : 0)
  return terms.reduce((sum, term) => {
    if (sum.kind === 'number' && sum.value === 0) return term
    if (term.kind === 'number' && term.value === 0) return sum
    const { builder } = context
    if (builder !== undefined) return tensor(addAligned(builder, plain(sum), plain(term)))
    return sum.kind === 'number' && term.kind === 'number' ? number(sum.value + term.value) : sum
  }, number(0))
}

/** The states and learned numbers of a margin: those of the step, or their first values. */
function statesIn(object: ObjectValue, reads: Reads, span: Span, context: Context): ReadonlyMap<string, Value> {
  const own = stateEntries(object)
  if (own.length === 0) return new Map()
  if (context.marginStates === undefined) {
    const first = statesOf(object, context, reads.get('classes')?.())
    return new Map(first.map(({ name, initial }) => [name, number(initial)]))
  }
  return (
    context.marginStates.get(object) ??
    fail(context, 'ARC4051', { margin: object.decl.name.text, states: own.map(({ name }) => name.text) }, span)
  )
}

function stateEntries({ decl }: ObjectValue): readonly StateEntry[] {
  return decl.entries.filter((entry): entry is StateEntry => entry.kind === 'State')
}

/**
 * A call in the language: arguments by name, or by position in the order of the method's table. Inside a method of the same kind of
 * object, what is not passed is what the caller reads.
 */
export function callMethodWith(
  object: ObjectValue,
  name: string,
  given: readonly Given[],
  span: Span,
  context: Context,
): Value {
  const { keyword, name: owner } = object.decl
  const callee = `${owner.text}.${name}`
  const known = Object.keys(objectSpecs[keyword].methods[name]?.reads ?? {})
  const passed = new Map<string, () => Value>()
  for (const [index, { name: written, nameSpan, value, span: at }] of given.entries()) {
    const read = written ?? known[index]
    if (read === undefined) return fail(context, 'ARC4011', { callee, most: known.length }, at)
    if (!known.includes(read))
      return fail(context, 'ARC4009', { callee, name: read }, nameSpan, didYouMean(nearest(read, known), nameSpan))
    if (passed.has(read)) return fail(context, 'ARC4010', { name: read }, at)
    passed.set(read, () => value)
  }
  const { method } = context
  const inherited: Reads = method?.object.decl.keyword === keyword ? method.reads : new Map()
  // The pictures of the true class, in `other` too.
  const ofTarget = name === 'target' ? inherited.get('own_count') : undefined
  const own: Reads = ofTarget === undefined ? new Map() : new Map([['count', ofTarget]])
  return callMethod(object, name, new Map([...inherited, ...own, ...passed]), span, context)
}

/**
 * The names and first values of the states of an object, or of what it learns; those of a margin may depend on the number of
 * `classes`.
 */
export function statesOf(
  object: ObjectValue,
  context: Context,
  classes?: Value,
): readonly { readonly name: string; readonly initial: number; readonly keyword: StateEntry['keyword'] }[] {
  const { keyword: owner, name: ownerName } = object.decl
  return stateEntries(object).map((entry) => {
    const { name, value: first, keyword } = entry
    const own = envOf(object, entry, context)
    const isRead = owner === 'margin' && namesIn(first).has('classes') && findLocal(own, 'classes') === undefined
    if (isRead && classes === undefined)
      return fail(context, 'ARC4008', { callee: ownerName.text, name: 'classes' }, object.span, {
        notes: [
          `the first value of \`${name.text}\` depends on it; outside of a run, pass it: \`target(0.5, classes: 1000)\``,
        ],
      })
    const env = isRead && classes !== undefined ? bind(own, 'classes', classes) : own
    const value = context.session.evaluate(first, env, context)
    if (value.kind !== 'number')
      return fail(context, 'ARC4002', { found: describe(value), wanted: 'a number' }, first.span)
    return { name: name.text, initial: value.value, keyword }
  })
}

/** The margins that are arguments or `let`s of a margin, with their names in it: `inner`, or `parts.0` in a list. */
export function innerMargins(
  object: ObjectValue,
  context: Context,
): readonly { readonly name: string; readonly object: ObjectValue }[] {
  const found: { readonly name: string; readonly object: ObjectValue }[] = []
  const search = (name: string, value: Value) => {
    if (value.kind === 'object' && value.decl.keyword === 'margin') found.push({ name, object: value })
    if (value.kind === 'list') for (const [i, item] of value.items.entries()) search(`${name}.${i}`, item)
  }
  for (const [name, value] of object.arguments) search(name, value)
  for (const entry of object.decl.entries) {
    const value = entry.kind === 'Let' ? findLocal(envOf(object, entry, context), entry.name.text) : undefined
    if (entry.kind === 'Let' && value !== undefined) search(entry.name.text, value)
  }
  return found
}
