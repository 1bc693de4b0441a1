/** The data set, machine and requirements of an experiment, out of their evaluated objects. */
import type { Expr, RequireEntry } from '../../grammar/ast.ts'
import { textOf } from '../../grammar/source.ts'
import { attempt, type Context, type Env, fail } from '../evaluate/context.ts'
import { fieldOf } from '../evaluate/object.ts'
import { describe } from '../evaluate/show.ts'
import type { DatasetSpec, DeviceSpec, MachineSpec, RequireSpec } from '../experiment/experiment.ts'
import { deviceKinds } from '../ir/device-kind.ts'
import { requireQuantities } from '../schema/objects.ts'
import { sameDimension, showDimension } from '../types/dimension.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import { asBool, asLink, asMember, asNumber, asObject, asString, orNone } from './read.ts'

/** All fields of an object, so that several mistakes in it are reported; then `build` with a reader that cannot fail. */
function readFields<T>(
  object: ObjectValue,
  paths: readonly string[],
  context: Context,
  build: (field: (path: string) => Value) => T,
): T | undefined {
  const values = new Map<string, Value>()
  for (const path of paths) {
    const value = attempt(() => fieldOf(object, path, context))
    if (value !== undefined) values.set(path, value)
  }
  if (values.size < paths.length) return undefined
  return attempt(() => build((path) => values.get(path) ?? { kind: 'none' }))
}

const formats = ['synthetic', 'folder', 'recordio'] as const

/** `undefined` after reported mistakes. */
export function resolveDataset(object: ObjectValue, context: Context): DatasetSpec | undefined {
  const paths = ['format', 'root', 'identities', 'images', 'per_identity', 'holdout', 'seed', 'nuisance']
  return readFields(object, paths, context, (field) => {
    const format = asMember(field('format'), formats)
    const wanted = format === 'synthetic' ? ['identities', 'per_identity'] : ['root']
    for (const name of wanted)
      if (field(name).kind === 'none')
        fail(context, 'ARC4211', { format, field: name }, object.span, {
          related: [{ span: object.decl.name.span, message: `\`${object.decl.name.text}\` is declared here` }],
        })
    const root = orNone(field('root'), asString)
    return {
      name: object.decl.name.text,
      format,
      root: root === undefined ? undefined : { path: root.value, pending: root.pending },
      identities: orNone(field('identities'), asNumber),
      images: orNone(field('images'), asNumber),
      perIdentity: orNone(field('per_identity'), asNumber),
      holdout: asNumber(field('holdout')),
      seed: asNumber(field('seed')),
      nuisance: asNumber(field('nuisance')),
      span: object.span,
    }
  })
}

function resolveDevice(object: ObjectValue, context: Context): DeviceSpec | undefined {
  const plain = ['kind', 'name', 'driver', 'compute', 'memory', 'reserve', 'bandwidth', 'source']
  const paths = [...plain, 'flops.f32', 'flops.f16', 'flops.bf16']
  return readFields(object, paths, context, (field) => ({
    name: orNone(field('name'), asString)?.value ?? object.decl.name.text,
    driver: orNone(field('driver'), asString)?.value,
    kind: asMember(field('kind'), deviceKinds),
    compute: orNone(field('compute'), asNumber),
    memory: asNumber(field('memory')),
    reserve: asNumber(field('reserve')),
    bandwidth: asNumber(field('bandwidth')),
    flops: {
      f32: asNumber(field('flops.f32')),
      f16: orNone(field('flops.f16'), asNumber),
      bf16: orNone(field('flops.bf16'), asNumber),
    },
    source: orNone(field('source'), asString)?.value,
  }))
}

/** `undefined` after reported mistakes. */
export function resolveMachine(object: ObjectValue, context: Context): MachineSpec | undefined {
  const paths = ['nodes', 'devices_per_node', 'cores', 'device', 'local', 'links.within', 'links.between']
  return readFields(object, paths, context, (field) => {
    const device = resolveDevice(asObject(field('device')), context)
    const nodes = asNumber(field('nodes'))
    const between = orNone(field('links.between'), asLink)
    const name = object.decl.name.text
    if (nodes > 1 && between === undefined) fail(context, 'ARC4210', { machine: name, nodes }, object.span)
    if (device === undefined) return undefined
    return {
      name,
      nodes,
      devicesPerNode: asNumber(field('devices_per_node')),
      cores: orNone(field('cores'), asNumber),
      device,
      local: asBool(field('local')),
      within: asLink(field('links.within')),
      between,
      span: object.span,
    }
  })
}

const operators = ['<', '<=', '>', '>='] as const

/** `memory.peak` of a name or member expression. */
function quantityOf(expr: Expr): RequireSpec['quantity'] | undefined {
  const text = expr.kind === 'Name' || expr.kind === 'Member' ? textOf(expr.span).replace(/\s/g, '') : ''
  const known = Object.keys(requireQuantities) as RequireSpec['quantity'][]
  return known.find((quantity) => quantity === text)
}

/** A requirement: one figure of the plan beside a bound. */
export function resolveRequire({ condition }: RequireEntry, env: Env, context: Context): RequireSpec {
  const wrong = (): never => fail(context, 'ARC4215', { found: `\`${textOf(condition.span)}\`` }, condition.span)
  if (condition.kind !== 'Binary') return wrong()
  const operator = operators.find((known) => known === condition.operator) ?? wrong()
  const quantity = quantityOf(condition.left) ?? wrong()
  const bound = context.session.evaluate(condition.right, env, context)
  const { dimension } = requireQuantities[quantity]
  if (bound.kind !== 'number' || !sameDimension(bound.dimension, dimension))
    return fail(context, 'ARC4002', { found: describe(bound), wanted: showDimension(dimension) }, condition.right.span)
  return { quantity, operator, bound: bound.value, span: condition.span }
}
