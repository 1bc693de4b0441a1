/** Binding the arguments of a call to parameters. */
import type { Parameter } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { typeOfNode } from '../check/type-nodes.ts'
import { homeOf } from '../names/inherit.ts'
import type { Value } from '../values/value.ts'
import { conformToParameter } from './conform.ts'
import { bind, type Context, type Env, fail } from './context.ts'

/** An evaluated argument. */
export interface Given {
  readonly name: string | undefined
  readonly nameSpan: Span
  readonly value: Value
  readonly span: Span
}

/** The callee, as named in diagnostics, and its parameters. */
export interface Signature {
  readonly name: string
  readonly parameters: readonly Parameter[]
}

/**
 * The parameter of each argument: positional ones follow the order of the parameters not in `taken`, the others are matched by
 * name.
 */
export function matchArguments(
  context: Context,
  signature: Signature,
  given: readonly Given[],
  taken: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, Given> {
  const { name: callee, parameters } = signature
  const matched = new Map<string, Given>()
  const open = parameters.filter((parameter) => !taken.has(parameter.name.text))
  const positional = given.filter((argument) => argument.name === undefined)
  for (const [index, argument] of positional.entries()) {
    const parameter = open[index]
    if (parameter === undefined) return fail(context, 'ARC4011', { callee, most: open.length }, argument.span)
    matched.set(parameter.name.text, argument)
  }
  for (const argument of given) {
    const { name } = argument
    if (name === undefined) continue
    if (matched.has(name)) return fail(context, 'ARC4010', { name }, argument.span)
    if (!parameters.some((parameter) => parameter.name.text === name)) {
      const names = parameters.map((parameter) => parameter.name.text)
      return fail(
        context,
        'ARC4009',
        { callee, name },
        argument.nameSpan,
        didYouMean(nearest(name, names), argument.nameSpan),
      )
    }
    matched.set(name, argument)
  }
  return matched
}

/** Values of the matched parameters, converted to their types. `env` is the environment of the declaration. */
export function conformArguments(
  context: Context,
  signature: Signature,
  matched: ReadonlyMap<string, Given>,
  env: Env,
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>()
  for (const parameter of signature.parameters) {
    const argument = matched.get(parameter.name.text)
    if (argument !== undefined)
      values.set(parameter.name.text, conformToParameter(context, parameter, argument.value, env, argument.span))
  }
  return values
}

/**
 * Binds all parameters in order: to their values or to their defaults, which see the parameters before them. A parameter with
 * neither is reported at `span`.
 */
export function bindParameters(
  context: Context,
  signature: Signature,
  values: ReadonlyMap<string, Value>,
  outer: Env,
  span: Span,
): { readonly env: Env; readonly values: ReadonlyMap<string, Value> } {
  let env = outer
  const all = new Map<string, Value>()
  for (const parameter of signature.parameters) {
    const name = parameter.name.text
    const value = values.get(name) ?? defaultOf(context, signature, parameter, env, span)
    all.set(name, value)
    env = bind(env, name, value)
  }
  return { env, values: all }
}

function defaultOf(context: Context, signature: Signature, parameter: Parameter, env: Env, span: Span): Value {
  if (parameter.default === undefined)
    return fail(context, 'ARC4008', { callee: signature.name, name: parameter.name.text }, span, {
      related: [{ span: parameter.span, message: 'it is declared here, without a default' }],
    })
  const expected = parameter.type && typeOfNode(parameter.type)
  const scope = { module: homeOf(parameter)?.module ?? env.module, locals: env.locals }
  const value = context.session.evaluate(parameter.default, scope, context, expected)
  return conformToParameter(context, parameter, value, env, parameter.default.span)
}
