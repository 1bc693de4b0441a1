/** Converts values to types; `2 epochs` becomes a duration where one is required. */
import type { NamedTypeNode, Parameter, TypeNode } from '../../grammar/ast.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { blockMisfit } from '../check/block-values.ts'
import { showType } from '../check/show-type.ts'
import { typeOfNode } from '../check/type-nodes.ts'
import { showShape } from '../primitives/tensors.ts'
import { sameDimension } from '../types/dimension.ts'
import type { TensorForm, Type } from '../types/type.ts'
import { flattenFix } from '../values/flatten-fix.ts'
import type { NumberValue, TensorValue, Value } from '../values/value.ts'
import { type Context, type Env, fail } from './context.ts'
import { describe } from './show.ts'

const ranks: { readonly [F in TensorForm]: number | undefined } = { Tensor: undefined, Image: 4, Tokens: 3, Vector: 2 }

function fitNumber(value: NumberValue, type: Type): Value | undefined {
  if (type.kind === 'duration') {
    if (sameDimension(value.dimension, { step: 1 })) return { kind: 'duration', count: value.value, unit: 'steps' }
    if (sameDimension(value.dimension, { epoch: 1 })) return { kind: 'duration', count: value.value, unit: 'epochs' }
    return undefined
  }
  if (type.kind !== 'number' || !sameDimension(value.dimension, type.dimension)) return undefined
  return value.integer || !type.integer ? value : undefined
}

function fitTensor(value: TensorValue, type: Type): Value | undefined {
  const { shape, dtype } = value.value.type
  if (type.kind === 'bool') return type.device === true && dtype === 'pred' ? value : undefined
  if (type.kind === 'number') return type.integer || !sameDimension(value.dimension, type.dimension) ? undefined : value
  if (type.kind !== 'tensor') return undefined
  const rank = ranks[type.form]
  return rank === undefined || rank === shape.length ? value : undefined
}

/** The value converted to the type, or `undefined` if it does not fit. */
export function fitValue(value: Value, type: Type): Value | undefined {
  if (type.kind === 'unknown') return value
  if (type.kind === 'optional') return value.kind === 'none' ? value : fitValue(value, type.inner)
  if (type.kind === 'union') {
    for (const member of type.members) {
      const fitted = fitValue(value, member)
      if (fitted !== undefined) return fitted
    }
    return undefined
  }
  switch (value.kind) {
    case 'number':
      return fitNumber(value, type)
    case 'tensor':
      return fitTensor(value, type)
    case 'list': {
      if (type.kind !== 'list') return undefined
      const items: Value[] = []
      for (const item of value.items) {
        const fitted = fitValue(item, type.element)
        if (fitted === undefined) return undefined
        // A list among single values, such as `dali()` among augmentations, stands for its items.
        if (fitted.kind === 'list' && type.element.kind === 'union') items.push(...fitted.items)
        else items.push(fitted)
      }
      return { kind: 'list', items }
    }
    case 'enum':
      return type.kind === 'enum' && type.members.includes(value.member) ? value : undefined
    case 'object':
      return type.kind === 'object' && type.keyword === value.decl.keyword ? value : undefined
    case 'function':
      return type.kind === 'block' && blockMisfit(value.decl) === undefined ? value : undefined
    case 'none':
      return undefined
    default:
      return type.kind === value.kind ? value : undefined
  }
}

/** The value converted to the type, or a diagnostic that names `what` it is for. */
export function conform(context: Context, value: Value, type: Type, span: Span): Value {
  return fitValue(value, type) ?? fail(context, 'ARC4002', { found: describe(value), wanted: showType(type) }, span)
}

/** An argument or a default converted to the parameter's type; unchanged if there is none. */
export function conformToParameter(context: Context, parameter: Parameter, value: Value, env: Env, span: Span): Value {
  if (parameter.type === undefined) return value
  const fitted = fitValue(value, typeOfNode(parameter.type))
  if (fitted !== undefined && !(fitted.kind === 'tensor' && hasSizes(parameter.type))) return fitted
  const related = [{ span: parameter.span, message: `\`${parameter.name.text}\` is declared here` }]
  return conformToNode(context, parameter.type, value, env, span, `\`${parameter.name.text}\``, related)
}

/** Whether a declared type has sizes that a tensor must have, too. */
function hasSizes(node: TypeNode): node is NamedTypeNode {
  return node.kind === 'NamedType' && node.arguments.length > 0
}

/** The value converted to the declared type, including its sizes: `Image(112, 112, 3)`. */
export function conformToNode(
  context: Context,
  node: TypeNode,
  value: Value,
  env: Env,
  span: Span,
  what: string,
  related: readonly { span: Span; message: string }[] = [],
): Value {
  const type = typeOfNode(node)
  const fitted = fitValue(value, type)
  if (fitted === undefined) {
    if (type.kind === 'tensor' && value.kind === 'tensor') {
      const found = showShape(value.value.type.shape)
      const isImage = type.form === 'Vector' && value.value.type.shape.length === 4
      const extras = isImage
        ? { notes: ['`flatten` makes a vector of an image'], ...flattenFix(span, widthOf(node)) }
        : {}
      fail(context, 'ARC4104', { what, wanted: wantedShapes[type.form], found }, span, { related, ...extras })
    }
    fail(context, 'ARC4002', { found: describe(value), wanted: `${showType(type)} for ${what}` }, span, { related })
  }
  if (fitted.kind !== 'tensor' || !hasSizes(node)) return fitted
  const declared = declaredSizes(context, node, env)
  const shape = fitted.value.type.shape.slice(1)
  if (declared.length !== shape.length || declared.some((size, i) => size !== shape[i])) {
    const declaration = `${node.name.text}(${declared.join(', ')})`
    const found = showShape(fitted.value.type.shape)
    const isWidth = declared.length === 1 && shape.length === 1
    fail(context, 'ARC4105', { what, declared: declaration, found }, span, {
      notes: isWidth ? [`\`linear(${declared.join()})\` gives a vector of this width`] : [],
      related: [{ span: node.span, message: 'the shape is declared here' }],
    })
  }
  return fitted
}

/** What gives a vector the width of its type: ` |> linear(embedding)`. */
function widthOf(node: TypeNode): string {
  const [width] = hasSizes(node) ? node.arguments : []
  return width === undefined ? '' : ` |> linear(${textOf(width.span)})`
}

const wantedShapes: { readonly [F in TensorForm]: string } = {
  Tensor: 'a tensor',
  Image: 'images [N, H, W, C]',
  Tokens: 'tokens [N, T, C]',
  Vector: 'vectors [N, C]',
}

/** The sizes of `Image(112, 112, 3)` or `Vector(embedding)`. */
export function declaredSizes(context: Context, node: NamedTypeNode, env: Env): number[] {
  return node.arguments.map((size) => {
    const value = context.session.evaluate(size, env, context)
    if (value.kind === 'number' && value.integer && value.value >= 1) return value.value
    return fail(context, 'ARC4002', { found: describe(value), wanted: 'a whole number of 1 or more' }, size.span)
  })
}
