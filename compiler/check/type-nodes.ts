/** Types in source code: `int`, `[int]`, `angle`, `Image(112, 112, 3)`, `float?`. */
import type { NamedTypeNode, TypeNode } from '../../grammar/ast.ts'
import { foreignType } from '../../grammar/foreign-types.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { classJoinings, labelKinds } from '../schema/dataset-formats.ts'
import { newCenters } from '../schema/objects.ts'
import { own } from '../types/own.ts'
import {
  angle,
  bandwidth,
  batch,
  block,
  bool,
  bytes,
  duration,
  enumOf,
  float,
  flopRate,
  int,
  listOf,
  objectOf,
  optional,
  quantity,
  scalar,
  string,
  type Type,
  unionOf,
  unknown,
} from '../types/type.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { checkDiagnostic } from './messages.ts'
import { quoteLikeliest } from './show-type.ts'

/** Every type with a name. */
export const namedTypes: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['int', int],
  ['float', float],
  ['bool', bool],
  ['string', string],
  ['scalar', scalar],
  ['angle', angle],
  ['bytes', bytes],
  ['time', quantity({ second: 1 })],
  ['bandwidth', bandwidth],
  ['flop_rate', flopRate],
  ['batch', batch],
  ['duration', duration],
  ['list', listOf(unknown)],
  ['pair', unionOf(int, listOf(int))],
  ['padding', unionOf(int, listOf(int), enumOf('padding', ['same']))],
  ['block', block],
  ['Tensor', { kind: 'tensor', form: 'Tensor' }],
  ['Image', { kind: 'tensor', form: 'Image' }],
  ['Tokens', { kind: 'tensor', form: 'Tokens' }],
  ['Vector', { kind: 'tensor', form: 'Vector' }],
  ['initializer', { kind: 'initializer' }],
  ['link', { kind: 'link' }],
  ['tolerance', { kind: 'tolerance' }],
  ['rate_group', { kind: 'rate_group' }],
  ['average', { kind: 'average' }],
  ['lr_scaling', { kind: 'lr_scaling' }],
  ['backbone', { kind: 'backbone', decl: undefined }],
  ['margin', objectOf('margin')],
  ['optimizer', objectOf('optimizer')],
  ['schedule', objectOf('schedule')],
  ['device', objectOf('device')],
  ['machine', objectOf('machine')],
  ['dataset', objectOf('dataset')],
  ['augmentation', objectOf('augmentation')],
  ['verification', objectOf('verification')],
  ['start', objectOf('start')],
  ['label_kind', enumOf('label_kind', labelKinds)],
  ['class_joining', enumOf('class_joining', classJoinings)],
  ['new_centers', enumOf('new_centers', newCenters)],
])

/** Common other names for the types. */
const otherNames: Readonly<Record<string, string>> = {
  seconds: 'time',
  image: 'Image',
  tokens: 'Tokens',
  sequence: 'Tokens',
  vector: 'Vector',
  tensor: 'Tensor',
}

/** The type of a node; unknown names become `unknown` here, and are reported by `checkTypeNode`. */
export function typeOfNode(node: TypeNode): Type {
  switch (node.kind) {
    case 'ListType':
      return listOf(typeOfNode(node.element))
    case 'OptionalType':
      return optional(typeOfNode(node.inner))
    case 'NamedType':
      return namedTypes.get(node.name.text) ?? unknown
  }
}

/** Reports names that are not types, and sizes that are not integers or of the wrong number. */
export function checkTypeNode(checker: Checker, node: TypeNode, scope: Scope): Type {
  if (node.kind === 'ListType') checkTypeNode(checker, node.element, scope)
  else if (node.kind === 'OptionalType') checkTypeNode(checker, node.inner, scope)
  else if (namedTypes.has(node.name.text)) checkSizes(checker, node, scope)
  else {
    const { text: name } = node.name
    const meant = foreignType(name) ?? own(otherNames, name.toLowerCase()) ?? nearest(name, namedTypes.keys())
    const { span } = node.name
    const fix = didYouMean(meant, span)
    const notes = meant === undefined ? [`types are ${quoteLikeliest(name, [...namedTypes.keys()])}`] : []
    report(checker, nameDiagnostic('ARC2009', { name }, span, { notes, ...fix }))
  }
  return typeOfNode(node)
}

const sizeNames: Readonly<Record<string, readonly string[]>> = {
  Image: ['height', 'width', 'channels'],
  Tokens: ['tokens', 'channels'],
  Vector: ['features'],
}

function checkSizes(checker: Checker, node: NamedTypeNode, scope: Scope): void {
  if (node.arguments.length === 0) return
  const { text: type } = node.name
  const sizes = own(sizeNames, type) ?? []
  if (node.arguments.length !== sizes.length) {
    const wanted =
      sizes.length === 0 ? 'no sizes' : `${sizes.length} size${sizes.length === 1 ? '' : 's'} (${sizes.join(', ')})`
    report(checker, checkDiagnostic('ARC3111', { type, wanted, found: node.arguments.length }, node.span))
  }
  for (const [index, size] of node.arguments.entries())
    checker.check(size, scope, { type: int, what: `the ${sizes[index] ?? 'size'} of \`${type}\``, verb: 'must be' })
}
