/** Calls: functions, blocks, backbones, objects, methods and primitives, by name or at the end of a pipe. */
import type { CallExpr, Expr, FunctionDecl, NameExpr, Parameter, PipeExpr, StringExpr } from '../../grammar/ast.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { typeOfNode } from '../check/type-nodes.ts'
import { qualifiedName } from '../names/module-reference.ts'
import { calledBy } from '../names/program.ts'
import type { FunctionValue, Value } from '../values/value.ts'
import { bindParameters, conformArguments, type Given, matchArguments } from './arguments.ts'
import { applyBackbone, imagesOf, withArguments } from './backbone.ts'
import { conformToNode } from './conform.ts'
import { type Context, type Env, enter, fail, findLocal, type ParameterScope, visibleNames } from './context.ts'
import { evaluateDefinition } from './definition.ts'
import { evaluateMember } from './member.ts'
import { callMethodWith, knowsMethod, methodOf } from './method.ts'
import { tensor } from './numbers.ts'
import { instantiate } from './object.ts'
import { callPrimitive } from './primitive.ts'
import { describe } from './show.ts'
import { stringText } from './text.ts'

interface CallSite {
  readonly given: readonly Given[]
  readonly scope: StringExpr | undefined
  readonly env: Env
  readonly span: Span
}

/** The scope named by `as`, or one with the callee's name; `residual_2` if that is taken. */
function openScope(context: Context, name: string, site: Pick<CallSite, 'scope' | 'env' | 'span'>): ParameterScope {
  const { scope: as, env, span } = site
  const { path, used } = context.scope
  let local = name
  if (as !== undefined) {
    local = stringText(as, env, context).value
    const first = used.get(local)
    if (first !== undefined)
      fail(context, 'ARC4021', { name: local }, as.span, { related: [{ span: first, message: 'first here' }] })
  } else for (let count = 2; used.has(local); count++) local = `${name}_${count}`
  used.set(local, span)
  return { path: path === '' ? local : `${path}.${local}`, used: new Map() }
}

const elementwise = new Set(['scalar', 'angle'])

/** Elementwise operands of a primitive may be numbers of any dimension or tensors: the primitive decides. */
function untyped(parameter: Parameter): Parameter {
  const isElementwise = parameter.type?.kind === 'NamedType' && elementwise.has(parameter.type.name.text)
  return isElementwise ? { ...parameter, type: undefined } : parameter
}

const primitiveParameters = new WeakMap<FunctionDecl, readonly Parameter[]>()

function parametersOf(decl: FunctionDecl): readonly Parameter[] {
  if (decl.body !== undefined) return decl.parameters
  const known = primitiveParameters.get(decl)
  if (known !== undefined) return known
  const parameters = decl.parameters.map(untyped)
  primitiveParameters.set(decl, parameters)
  return parameters
}

function callFunction(callee: FunctionValue, site: CallSite, context: Context): Value {
  const { decl, module } = callee
  const { span } = site
  const name = decl.name.text
  const signature = { name, parameters: parametersOf(decl) }
  const outer: Env = { module, locals: undefined }
  const matched = matchArguments(context, signature, site.given)
  const bound = bindParameters(context, signature, conformArguments(context, signature, matched, outer), outer, span)
  if (decl.body === undefined) return callPrimitive(decl, { values: bound.values, places: matched }, span, context)
  // A function that takes the place of a block is in the scope that is named for it.
  const opens = decl.keyword === 'block' || site.scope !== undefined
  const scope = opens ? openScope(context, name, site) : context.scope
  const path = scope === context.scope ? undefined : scope.path
  const inner: Context = { ...enter(context, { name, target: decl, path, span, places: matched }), scope }
  const value = context.session.evaluate(decl.body, bound.env, inner)
  if (decl.result === undefined) return value
  return conformToNode(inner, decl.result, value, bound.env, decl.body.value.span, `the result of \`${name}\``)
}

function callValue(callee: Value, site: CallSite, context: Context, calleeSpan: Span): Value {
  switch (callee.kind) {
    case 'function':
      return callFunction(callee, site, context)
    case 'backbone': {
      const applied = imagesOf(site.given)
      if (applied?.images.kind !== 'tensor') return withArguments(callee, site.given, context)
      const complete = withArguments(callee, applied.rest, context)
      const scope = openScope(context, callee.name, site)
      return tensor(applyBackbone(complete, applied.images.value, site.span, { ...context, scope }))
    }
    case 'object':
      return instantiate(callee, site.given, site.span, context)
    default:
      return fail(context, 'ARC4007', { what: describe(callee) }, calleeSpan)
  }
}

function isCallable(value: Value): boolean {
  return value.kind === 'function' || value.kind === 'backbone' || value.kind === 'object'
}

/** The parameters of a callee with a name, whose types say which enum names, or `none`, its arguments can be. */
function namedParameters(written: Expr, env: Env): readonly Parameter[] {
  const callee = qualified(written, env) ?? written
  const decl = callee.kind === 'Name' ? env.module.scope.get(callee.name)?.decl : undefined
  return decl?.kind === 'Object' || decl?.kind === 'Function' ? decl.parameters : []
}

/** The arguments of a call of `callee` in order, after the piped value. */
function evaluateArguments(
  { callee, arguments: args }: CallExpr,
  piped: Given | undefined,
  env: Env,
  context: Context,
): Given[] {
  const parameters = namedParameters(callee, env)
  const positional = args.filter((argument) => argument.name === undefined)
  const given = args.map((argument) => {
    const name = argument.name?.text
    const parameter =
      name === undefined
        ? parameters[positional.indexOf(argument) + (piped === undefined ? 0 : 1)]
        : parameters.find((candidate) => candidate.name.text === name)
    const expected = parameter?.type && typeOfNode(parameter.type)
    return {
      name,
      nameSpan: argument.name?.span ?? argument.span,
      value: context.session.evaluate(argument.value, env, context, expected),
      span: argument.value.span,
    }
  })
  return piped === undefined ? given : [piped, ...given]
}

/** `nets.wide` as one name, if `nets` is the prefix of a module and no local. */
export function qualified(expr: Expr, env: Env): NameExpr | undefined {
  if (expr.kind !== 'Member' || expr.object.kind !== 'Name') return undefined
  const name = qualifiedName(expr, env.module)
  return name === undefined || findLocal(env, expr.object.name) !== undefined ? undefined : name
}

function callExpression(written: Expr, site: CallSite, context: Context): Value {
  const { env } = site
  const callee = qualified(written, env) ?? written
  if (callee.kind === 'Name') {
    // A number `cos` does not shadow the function `cos`: only callable values are looked up.
    const local = findLocal(env, callee.name, isCallable)
    if (local !== undefined) return callValue(local, site, context, callee.span)
    const { method } = context
    if (method !== undefined && methodOf(method.object, callee.name) !== undefined)
      return callMethodWith(method.object, callee.name, site.given, site.span, context)
    const found = env.module.scope.get(callee.name)
    const definition = found && calledBy(found, site.given.length)
    if (definition?.decl.kind === 'Object')
      return instantiate({ decl: definition.decl, module: definition.module }, site.given, site.span, context)
    if (definition !== undefined) {
      const value = evaluateDefinition(definition, callee.span, context)
      if (value !== undefined) return callValue(value, site, context, callee.span)
    }
  }
  if (callee.kind === 'Member') {
    const object = context.session.evaluate(callee.object, env, context)
    const name = callee.name.text
    if (object.kind === 'object' && knowsMethod(object, name))
      return callMethodWith(object, name, site.given, site.span, context)
    return callValue(evaluateMember(object, callee, context), site, context, callee.span)
  }
  return callValue(context.session.evaluate(callee, env, context), site, context, callee.span)
}

export function evaluateCall(expr: CallExpr, env: Env, context: Context): Value {
  const given = evaluateArguments(expr, undefined, env, context)
  return callExpression(expr.callee, { given, scope: expr.scope, env, span: expr.span }, context)
}

/** `value |> target`: the value becomes the first argument of the call `target`, or of a call to it. */
export function evaluatePipe(expr: PipeExpr, env: Env, context: Context): Value {
  const value = context.session.evaluate(expr.value, env, context)
  const piped: Given = { name: undefined, nameSpan: expr.value.span, value, span: expr.value.span }
  const { target } = expr
  if (target.kind !== 'Call')
    return callExpression(target, { given: [piped], scope: undefined, env, span: target.span }, context)
  const given = evaluateArguments(target, piped, env, context)
  return callExpression(target.callee, { given, scope: target.scope, env, span: target.span }, context)
}

/** A name outside a call: a local, or a name of the module. */
export function evaluateName(name: string, span: Span, env: Env, context: Context): Value {
  const local = findLocal(env, name)
  if (local !== undefined) return local
  const definition = env.module.scope.get(name)
  if (definition === undefined)
    return fail(context, 'ARC4001', { name }, span, didYouMean(nearest(name, visibleNames(env)), span))
  const { decl, module } = definition
  if (decl.kind === 'Object') {
    const { experiment } = context.session
    if (decl.keyword === 'experiment' && experiment !== undefined) return experiment({ decl, module }, context)
    return instantiate({ decl, module }, [], span, context)
  }
  return evaluateDefinition(definition, span, context) ?? bug(`\`${name}\` has no value`, span)
}
