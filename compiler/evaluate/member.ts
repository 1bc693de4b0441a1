/** `object.name`: fields of records and objects, sizes of tensors, figures of backbones. */
import type { MemberExpr } from '../../grammar/ast.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { backboneFigures, listMembers, tensorMembers } from '../schema/members.ts'
import { objectSpecs } from '../schema/objects.ts'
import type { BackboneValue, Value } from '../values/value.ts'
import { countParameters, outlineOf } from './backbone.ts'
import { type Context, fail } from './context.ts'
import { list, number } from './numbers.ts'
import { memberOf } from './object.ts'
import { describe } from './show.ts'

/** Legend: images [N,H,W,C], tokens [N,T,C], vectors [N,C]. */
function tensorMember(shape: readonly number[], name: string): Value | undefined {
  switch (name) {
    case 'shape':
      return list(shape.map((dim) => number(dim)))
    case 'rank':
      return number(shape.length)
    case 'batch':
      return shape[0] === undefined ? undefined : number(shape[0])
    case 'channels':
    case 'features': {
      const last = shape.at(-1)
      return last === undefined ? undefined : number(last)
    }
    case 'tokens':
      return shape.length === 3 && shape[1] !== undefined ? number(shape[1]) : undefined
    case 'height':
      return shape.length === 4 && shape[1] !== undefined ? number(shape[1]) : undefined
    case 'width':
      return shape.length === 4 && shape[2] !== undefined ? number(shape[2]) : undefined
    default:
      return undefined
  }
}

function isFigure(name: string): name is keyof typeof backboneFigures {
  return Object.hasOwn(backboneFigures, name)
}

function backboneMember(backbone: BackboneValue, expr: MemberExpr, context: Context): Value | undefined {
  const { text: name } = expr.name
  if (!isFigure(name)) return backbone.arguments.get(name)
  const outline = outlineOf(backbone, context.session, expr.span)
  switch (name) {
    case 'parameters':
      return number(countParameters(outline.parameters))
    case 'embedding':
      return number(outline.embedding)
    case 'macs':
      return number(outline.macs)
  }
}

export function evaluateMember(object: Value, expr: MemberExpr, context: Context): Value {
  const name = expr.name.text
  const missing = (known: Iterable<string>): never =>
    fail(
      context,
      'ARC4012',
      { what: describe(object), name },
      expr.name.span,
      didYouMean(nearest(name, known), expr.name.span),
    )
  switch (object.kind) {
    case 'record':
      return object.fields.get(name) ?? missing(object.fields.keys())
    case 'tensor':
      if (name === 'shape' || name === 'batch') context.model?.elaboration.vary?.()
      return tensorMember(object.value.type.shape, name) ?? missing(Object.keys(tensorMembers))
    case 'object':
      return memberOf(object, name, context) ?? missing(Object.keys(objectSpecs[object.decl.keyword].body.fields))
    case 'backbone':
      return (
        backboneMember(object, expr, context) ?? missing([...Object.keys(backboneFigures), ...object.arguments.keys()])
      )
    case 'fields':
      return object.names.includes(name) ? object.read(name, expr.span) : missing(object.names)
    case 'list':
      return name === 'length' ? number(object.items.length) : missing(Object.keys(listMembers))
    default:
      return missing([])
  }
}
