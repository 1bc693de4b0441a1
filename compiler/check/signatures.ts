/** What can be called, and the result of a call. */
import type { FunctionDecl, ObjectDecl, Parameter } from '../../grammar/ast.ts'
import { homeOf } from '../names/inherit.ts'
import { sameDimension } from '../types/dimension.ts'
import { angle, type NumberType, type Type, unknown } from '../types/type.ts'
import { bind, type Checker, moduleScope, type Scope } from './checker.ts'
import { join } from './fit.ts'
import { typeOfNode } from './type-nodes.ts'

/** The type of a parameter: as declared, or that of its default. */
export function parameterType(checker: Checker, parameter: Parameter, scope: Scope): Type {
  if (parameter.type !== undefined) return typeOfNode(parameter.type)
  return parameter.default === undefined ? unknown : checker.infer(parameter.default, scope)
}

/** A scope with the parameters of a declaration; each one sees those before it. */
export function parameterScope(checker: Checker, decl: FunctionDecl | ObjectDecl, outer: Scope): Scope {
  const scope: Scope = { ...outer, parent: outer, bindings: new Map() }
  for (const parameter of decl.parameters)
    bind(scope, parameter.name.text, parameterType(checker, parameter, scope), parameter.name.span, 'parameter')
  if (decl.kind === 'Function' && decl.keyword === 'backbone' && decl.input === undefined)
    bind(scope, 'input', { kind: 'tensor', form: 'Image' }, decl.name.span, 'parameter')
  if (decl.kind === 'Function' && decl.input !== undefined)
    bind(scope, decl.input.name.text, parameterType(checker, decl.input, scope), decl.input.name.span, 'parameter')
  return scope
}

/** Parameter types as a caller sees them. Primitive functions of angles accept plain numbers as well: `cos(0.5)`. */
export function callParameters(
  checker: Checker,
  decl: FunctionDecl | ObjectDecl,
): readonly { parameter: Parameter; type: Type }[] {
  const module = checker.modules.get(decl)
  const scope = moduleScope(module ?? checker.program.entry, undefined)
  const scopeOf = (parameter: Parameter) => {
    const home = homeOf(parameter)
    return home === undefined ? scope : moduleScope(home.module, undefined)
  }
  return decl.parameters.map((parameter) => ({
    parameter,
    type: parameterType(checker, parameter, scopeOf(parameter)),
  }))
}

/** Whether a parameter accepts device numbers, and tensors elementwise: `scalar`, and the angles of primitives. */
export function isElementwise(decl: FunctionDecl | ObjectDecl, type: Type): type is NumberType {
  if (type.kind !== 'number') return false
  return type.device || (isPrimitive(decl) && sameDimension(type.dimension, angle.dimension))
}

export function isPrimitive(decl: FunctionDecl | ObjectDecl): decl is FunctionDecl {
  return decl.kind === 'Function' && decl.body === undefined
}

/** The declared result of a function, or the type of its body. */
export function resultType(checker: Checker, decl: FunctionDecl): Type {
  if (decl.result !== undefined) return typeOfNode(decl.result)
  const known = checker.results.get(decl)
  if (known !== undefined) return known
  const module = checker.modules.get(decl)
  if (decl.body === undefined || module === undefined || checker.open.has(decl)) return unknown
  checker.open.add(decl)
  const scope = parameterScope(checker, decl, moduleScope(module, decl))
  const type = checker.infer(decl.body, scope)
  checker.open.delete(decl)
  checker.results.set(decl, type)
  return type
}

/** Primitives whose arguments share a dimension, which is also that of the result: `max(0 rad, theta)`. */
const keepsDimension = new Set(['abs', 'min', 'max', 'floor', 'ceil', 'round', 'sum', 'detach'])

export function sharesDimension(decl: FunctionDecl | ObjectDecl): boolean {
  return isPrimitive(decl) && keepsDimension.has(decl.name.text)
}

/** The result of a call, from the types of its elementwise arguments. */
export function elementwiseResult(decl: FunctionDecl, declared: Type, given: readonly Type[]): Type {
  if (declared.kind !== 'number' || !(declared.device || isPrimitive(decl))) return declared
  const [first] = given
  if (!sharesDimension(decl) || first?.kind !== 'number') return elementwiseType(declared, given)
  const isWhole = given.every((type) => type.kind === 'number' && type.integer && !type.device)
  const integer = isWhole || (rounding.has(decl.name.text) && !first.device)
  return elementwiseType({ ...declared, integer, dimension: first.dimension }, given)
}

/** Primitives that return integers for numbers known before the run. */
const rounding = new Set(['floor', 'ceil', 'round'])

/** A tensor if one is given; otherwise a number, known before the run if all arguments are. */
export function elementwiseType(result: NumberType, given: readonly Type[]): Type {
  if (given.some((type) => type.kind === 'unknown')) return unknown
  const tensor = given.filter((type) => type.kind === 'tensor').reduce<Type>((a, b) => join(a, b) ?? b, unknown)
  if (tensor.kind === 'tensor') return tensor
  return { ...result, device: given.some((type) => type.kind === 'number' && type.device) }
}
