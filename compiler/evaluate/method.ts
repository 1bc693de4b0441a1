/** Methods and states of margins, optimizers and schedules. A method names what it reads; its values are computed on demand. */
import type { MethodEntry, StateEntry } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import { objectSpecs } from '../schema/objects.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import { didYouMean, type Given } from './arguments.ts'
import { bind, type Context, enter, fail } from './context.ts'
import { envOf } from './object.ts'
import { describe } from './show.ts'

export function methodOf(object: ObjectValue, name: string): MethodEntry | undefined {
  return object.decl.entries.find((entry): entry is MethodEntry => entry.kind === 'Method' && entry.name.text === name)
}

/** Whether objects of this kind have a method with this name, even if it is omitted. */
export function knowsMethod(object: ObjectValue, name: string): boolean {
  return Object.hasOwn(objectSpecs[object.decl.keyword].methods, name)
}

/** Calls a method, which can read `reads`; `extra` has additional values in the scope of its body (the states of an optimizer). */
export function callMethod(
  object: ObjectValue,
  name: string,
  reads: ReadonlyMap<string, () => Value>,
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
    // Without `other`, the cosine of another class is unchanged.
    if (decl.keyword === 'margin' && name === 'other') return read('cos')
    return fail(context, 'ARC4019', { keyword: decl.keyword, owner: decl.name.text, name }, span)
  }
  let env = envOf(object, method, context)
  for (const [state, value] of extra) env = bind(env, state, value)
  for (const { name: parameter } of method.parameters) env = bind(env, parameter.text, read(parameter.text))
  const inner = enter(context, { name: full, target: object, path: undefined, span })
  return context.session.evaluate(method.body, env, { ...inner, reads: { keyword: decl.keyword, values: reads } })
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
      return fail(context, 'ARC4009', { callee, name: read }, nameSpan, didYouMean(read, known, nameSpan))
    if (passed.has(read)) return fail(context, 'ARC4010', { name: read }, at)
    passed.set(read, () => value)
  }
  const inherited = context.reads?.keyword === keyword ? context.reads.values : new Map()
  return callMethod(object, name, new Map([...inherited, ...passed]), span, context)
}

/** The names and initial values of an optimizer's states per weight. */
export function statesOf(object: ObjectValue, context: Context): readonly { name: string; initial: number }[] {
  const states = object.decl.entries.filter((entry): entry is StateEntry => entry.kind === 'State')
  return states.map((state) => {
    const value = context.session.evaluate(state.value, envOf(object, state, context), context)
    if (value.kind !== 'number')
      return fail(context, 'ARC4002', { found: describe(value), wanted: 'a number' }, state.value.span)
    return { name: state.name.text, initial: value.value }
  })
}
