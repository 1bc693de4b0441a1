/** The data set, machine and requirements of an experiment, from their evaluated objects. */
import type { Expr, RequireEntry } from '../../grammar/ast.ts'
import { textOf } from '../../grammar/source.ts'
import { attempt, type Context, type Env, fail } from '../evaluate/context.ts'
import { fieldPaths, placeOfField, placeOfValue } from '../evaluate/object.ts'
import { describe } from '../evaluate/show.ts'
import {
  comparisons,
  type DatasetSpec,
  type DeviceSpec,
  type MachineSpec,
  type PairListSpec,
  type RequireSpec,
} from '../experiment/experiment.ts'
import { type DatasetFormat, datasetTraits, readsField } from '../schema/dataset-formats.ts'
import * as schema from '../schema/objects.ts'
import { memberName } from '../schema/values.ts'
import { sameDimension, showDimension } from '../types/dimension.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { ObjectValue } from '../values/value.ts'
import { checkMix } from './mix.ts'
import { readObject } from './read.ts'

/** `undefined` after reported errors. */
export function resolveDataset(object: ObjectValue, context: Context): DatasetSpec | undefined {
  const fields = readObject(schema.dataset, object, context)
  if (fields === undefined) return undefined
  const { format } = fields
  const given = new Set(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name])))
  const missing = datasetTraits[format].needs.find((name) => !given.has(memberName(name)))
  if (missing !== undefined)
    return attempt(() =>
      fail(context, 'ARC4211', { format, field: missing }, object.span, {
        related: [{ span: object.decl.name.span, message: `\`${object.decl.name.text}\` is declared here` }],
      }),
    )
  warnOfUnread(format, object, context)
  const { identities, images } = fields
  const place = placeOfValue(object, 'images')
  if (identities !== undefined && images !== undefined && images < identities && place !== undefined)
    context.session.bag.add(evaluateDiagnostic('ARC4310', { images, identities }, place))
  for (const part of fields.parts ?? []) warnOfPart(part, context)
  const parts = fields.parts?.map((part) => resolveDataset(part, context))
  if (parts?.includes(undefined)) return undefined
  const resolved = parts?.filter((part) => part !== undefined)
  // `list` has no root if none is given: paths start from the folder of the file.
  const root = fields.root?.path === '' && fields.root.pending === undefined ? undefined : fields.root
  const { parts: _, ...own } = fields
  const dataset = { ...own, root, mixed: resolved, name: object.decl.name.text, span: object.span }
  return attempt(() => checkMix(dataset, object, context)) && dataset
}

/** Warns of fields that are set, although data sets of this format have no use for them. */
function warnOfUnread(format: DatasetFormat, object: ObjectValue, { session }: Context): void {
  for (const field of fieldPaths(schema.dataset)) {
    const span = readsField(format, field) ? undefined : placeOfField(object, field)
    if (span !== undefined)
      session.bag.add(evaluateDiagnostic('ARC4289', { reader: 'data sets of format', kind: format, field }, span))
  }
}

/** Warns of fields of a set of a mix that only the mix itself needs. */
function warnOfPart(part: ObjectValue, { session }: Context): void {
  const span = placeOfField(part, 'damaged')
  if (span !== undefined)
    session.bag.add(evaluateDiagnostic('ARC4290', { field: 'damaged' }, span, { notes: ['set it in the mix'] }))
}

/** `undefined` after reported errors. */
export function resolvePairList(object: ObjectValue, context: Context): PairListSpec | undefined {
  const fields = readObject(schema.verification, object, context)
  if (fields === undefined) return undefined
  const name = object.decl.name.text
  const field = fields.protocol === 'pairs' ? 'list' : 'root'
  const { path, pending } = fields[field]
  if (path === '' && pending === undefined)
    return attempt(() => fail(context, 'ARC4280', { set: name, field, protocol: fields.protocol }, object.span))
  const unread = fields.protocol === 'pairs' ? undefined : placeOfField(object, 'list')
  if (unread !== undefined) {
    const parts = { reader: 'verification sets of protocol', kind: fields.protocol, field: 'list' } as const
    context.session.bag.add(evaluateDiagnostic('ARC4289', parts, unread))
  }
  return { ...fields, name }
}

function resolveDevice(object: ObjectValue, context: Context): DeviceSpec | undefined {
  const fields = readObject(schema.device, object, context)
  return fields && { ...fields, name: fields.name ?? object.decl.name.text }
}

/** Reported where the file declares a machine that takes no number of nodes, otherwise where it is used. */
function failBetween({ decl, span }: ObjectValue, nodes: number, context: Context): never {
  const isHere = decl.name.span.source === span.source && decl.parameters.length === 0
  const notes = ['write `links { between = ethernet(10 GB/s) }`']
  const related = isHere ? [{ span, message: 'used here' }] : []
  const place = isHere ? decl.name.span : span
  return fail(context, 'ARC4210', { machine: decl.name.text, nodes }, place, { notes, related })
}

/** `undefined` after reported errors. */
export function resolveMachine(object: ObjectValue, context: Context): MachineSpec | undefined {
  const fields = readObject(schema.machine, object, context)
  if (fields === undefined) return undefined
  const { links, ...own } = fields
  const { nodes } = own
  const device = resolveDevice(own.device, context)
  const name = object.decl.name.text
  if (nodes > 1 && links.between === undefined) return attempt(() => failBetween(object, nodes, context))
  return device && { ...own, ...links, device, name, span: object.span }
}

/** The path of a name or member expression: `memory.peak`. */
function quantityOf(expr: Expr): RequireSpec['quantity'] | undefined {
  const text = expr.kind === 'Name' || expr.kind === 'Member' ? textOf(expr.span).replace(/\s/g, '') : ''
  const known = Object.keys(schema.requireQuantities) as RequireSpec['quantity'][]
  return known.find((quantity) => quantity === text)
}

/** A requirement: one figure of the plan and a bound. */
export function resolveRequire({ condition }: RequireEntry, env: Env, context: Context): RequireSpec {
  const wrong = (): never => fail(context, 'ARC4215', { found: `\`${textOf(condition.span)}\`` }, condition.span)
  if (condition.kind !== 'Binary') return wrong()
  const operator = comparisons.find((known) => known === condition.operator) ?? wrong()
  const quantity = quantityOf(condition.left) ?? wrong()
  const bound = context.session.evaluate(condition.right, env, context)
  const { dimension } = schema.requireQuantities[quantity]
  if (bound.kind !== 'number' || !sameDimension(bound.dimension, dimension))
    return fail(context, 'ARC4002', { found: describe(bound), wanted: showDimension(dimension) }, condition.right.span)
  return { quantity, operator, bound: bound.value, span: condition.span }
}
