/** Calls of the primitive operations: converts values of the language to TypeScript values and back. */
import type { FunctionDecl } from '../../grammar/ast.ts'
import { bug, type Params } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import type { Marshal, PrimitiveResult } from '../primitives/marshal-types.ts'
import { primitives } from '../primitives/table.gen.ts'
import type { Call } from '../primitives/types.ts'
import { type Dimension, isDimensionless, sameDimension, showDimension } from '../types/dimension.ts'
import { angle } from '../types/type.ts'
import type { Elaboration } from '../values/elaboration.ts'
import type { ArgumentPlaces } from '../values/frame.ts'
import { percentExtras } from '../values/percent.ts'
import type { Value } from '../values/value.ts'
import { type Context, calledByUser, fail, placeOfArgument } from './context.ts'
import { bool, list, number, tensor } from './numbers.ts'
import { describe } from './show.ts'

/** Primitives whose arguments share a dimension, which is also that of the result. */
const keepsDimension = new Set(['abs', 'min', 'max', 'floor', 'ceil', 'round', 'sum', 'detach'])

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** The parameters of a message with the name that the user has called: the library calls primitives in its layers. */
function withUsersName<P extends Params>(params: P, name: string, span: Span, context: Context): P {
  const called = calledByUser(name, span, context)
  const renamed = Object.entries(params).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.replaceAll(`\`${name}\``, `\`${called}\``) : value,
  ])
  return Object.fromEntries(renamed) as P
}

function callOf(context: Context, span: Span, name: string, places: ArgumentPlaces): Call {
  const report: Call['fail'] = (code, params, extras) => {
    // A number out of its range is reported where it is passed.
    const parameter = 'what' in params ? /^`(\w+)`(?: of |$)/.exec(String(params.what))?.[1] : undefined
    const place =
      code === 'ARC4023' && parameter !== undefined ? placeOfArgument(parameter, places, context) : undefined
    const found = 'found' in params ? params.found : undefined
    const isFraction = 'bounds' in params && /(?:at most|below) 1$/.test(String(params.bounds))
    const percent = isFraction && typeof found === 'number' && place !== undefined ? percentExtras(found, place) : {}
    return fail(context, code, withUsersName(params, name, span, context), place ?? span, { ...percent, ...extras })
  }
  const needGraph = (): never => report('ARC4017', { what: `\`${name}\`` })
  return {
    span,
    path: context.scope.path,
    graph: () => context.builder ?? needGraph(),
    model: () => modelAt(context.scope.path, context.model?.elaboration ?? needGraph()),
    declare(local, spec) {
      const model = context.model ?? needGraph()
      const path = joinPath(context.scope.path, local)
      const first = model.declared.get(path)
      if (first !== undefined)
        return report('ARC4022', { path }, { related: [{ span: first, message: 'it is first declared here' }] })
      model.declared.set(path, span)
      const value = model.elaboration.parameter({ ...spec, path, span })
      if (spec.buffer) model.buffers.set(value, path)
      return value
    },
    norms: context.norms,
    batch: context.batch,
    bufferPath: (buffer) => context.model?.buffers.get(buffer),
    env: (variable) => context.session.host.env(variable),
    localMachine: () => context.session.host.localMachine(),
    measuredGpus: () => context.session.host.machineProfile()?.gpus ?? [],
    placeOf: (parameter) => placeOfArgument(parameter, places, context),
    fail: report,
  }
}

/** A frozen layer uses running statistics and drops nothing. */
function modelAt(path: string, elaboration: Elaboration): Elaboration {
  return elaboration.frozen?.(path) === true ? { ...elaboration, mode: 'evaluate' } : elaboration
}

/** The common dimension of elementwise arguments: plain, an angle, or any for some primitives. */
function sharedDimension(
  context: Context,
  name: string,
  type: Marshal,
  values: readonly Value[],
  span: Span,
): Dimension {
  let shared: Dimension | undefined
  for (const value of values) {
    if (value.kind !== 'number' && value.kind !== 'tensor') continue
    const { dimension } = value
    const fits =
      isDimensionless(dimension) ||
      (type === 'Angle' && sameDimension(dimension, angle.dimension)) ||
      keepsDimension.has(name)
    if (!fits || (shared !== undefined && !sameDimension(shared, dimension)))
      return fail(
        context,
        'ARC4002',
        { found: showDimension(dimension), wanted: `a plain number for \`${name}\`` },
        span,
      )
    shared = dimension
  }
  return shared ?? {}
}

/** `parameter` and `name`, the primitive's, are for messages. */
function toPrimitive(
  context: Context,
  type: Marshal,
  value: Value,
  span: Span,
  parameter: string,
  name: string,
): unknown {
  const misfit = (wanted: string): never => {
    const what = `\`${parameter}\` of \`${name}\``
    return fail(context, 'ARC4002', { found: describe(value), wanted: `${wanted} for ${what}` }, span)
  }
  switch (type) {
    case 'Int':
    case 'Float':
    case 'Time':
    case 'Bandwidth':
      return value.kind === 'number' ? value.value : misfit('a number that is known before the run')
    case 'Scalar':
    case 'Angle':
      return value.kind === 'number' || value.kind === 'tensor' ? value.value : misfit('a number')
    case 'Bool':
      return value.kind === 'bool' ? value.value : misfit('`true` or `false`')
    case 'StringArg':
      return value.kind === 'string' ? value : misfit('a string')
    case 'Ints':
      if (value.kind !== 'list') return misfit('a list')
      return value.items.map((item) => (item.kind === 'number' ? item.value : misfit('whole numbers')))
    case 'Pair':
    case 'Padding':
      if (value.kind === 'number') return value.value
      if (value.kind === 'enum') return value.member
      if (value.kind !== 'list') return misfit('a number or two')
      return value.items.map((item) => (item.kind === 'number' ? item.value : misfit('whole numbers')))
    case 'List':
      return value.kind === 'list' ? value.items : misfit('a list')
    case 'Duration':
      return value.kind === 'duration' ? value : misfit('steps or epochs')
    case 'Tensor':
    case 'Image':
    case 'Tokens':
    case 'Vector':
      return value.kind === 'tensor' ? value.value : misfit('a tensor')
    case 'Initializer':
      return value.kind === 'initializer' ? value.initializer : misfit('an initializer')
    case 'Link':
      return value.kind === 'link' ? value.link : misfit('a link')
    case 'Tolerance':
      return value.kind === 'tolerance' ? value : misfit('`skip(…)`')
    case 'RateGroup':
      return value.kind === 'rate_group' ? value : misfit('`group(…)`')
    case 'Average':
      return value.kind === 'average' ? value : misfit('`ema(…)`')
    case 'Scaling':
      return value.kind === 'lr_scaling' ? value : misfit('`linear_scaling(…)` or `sqrt_scaling(…)`')
  }
}

function fromPrimitive(result: PrimitiveResult, dimension: Dimension, integer: boolean): Value {
  if (typeof result === 'boolean') return bool(result)
  if (typeof result === 'number') return number(result, dimension, integer && Number.isSafeInteger(result))
  if (isNumbers(result)) return list(result.map((item) => number(item)))
  if ('technology' in result) return { kind: 'link', link: result }
  if ('type' in result) return tensor(result, dimension)
  switch (result.kind) {
    case 'string':
    case 'tolerance':
    case 'rate_group':
    case 'average':
    case 'lr_scaling':
      return result
    default:
      return { kind: 'initializer', initializer: result }
  }
}

function isNumbers(result: PrimitiveResult): result is readonly number[] {
  return Array.isArray(result)
}

/** Primitives that round to integers, so that a static result is an integer. */
const rounds = new Set(['floor', 'ceil', 'round', 'len'])

/** The values of all parameters, and where those are written that are passed. */
interface BoundArguments {
  readonly values: ReadonlyMap<string, Value>
  readonly places: ArgumentPlaces
}

/** Calls a primitive with all of its parameters bound, in order. */
export function callPrimitive(
  decl: FunctionDecl,
  { values, places }: BoundArguments,
  span: Span,
  context: Context,
): Value {
  const name = decl.name.text
  const entry = Object.hasOwn(primitives, name) ? primitives[name] : undefined
  if (entry === undefined) return bug(`there is no primitive \`${name}\``, span)
  const elementwise: Value[] = []
  let type: Marshal = 'Scalar'
  const operands = entry.parameters.map(([parameter, marshal]) => {
    const value = values.get(parameter) ?? bug(`\`${name}\` has no value for \`${parameter}\``, span)
    if (marshal === 'Scalar' || marshal === 'Angle') {
      elementwise.push(value)
      type = marshal
    }
    if (name === 'sum' && value.kind === 'list') elementwise.push(...value.items)
    return toPrimitive(context, marshal, value, span, parameter, name)
  })
  const shared = sharedDimension(context, name, type, elementwise, span)
  const dimension = entry.result === 'Angle' ? angle.dimension : keepsDimension.has(name) ? shared : {}
  const integer = rounds.has(name) || elementwise.every((value) => value.kind === 'number' && value.integer)
  const run = () => entry.run(callOf(context, span, name, places), ...(operands as never[]))
  const { builder } = context
  const result = builder === undefined ? run() : builder.within({ span, path: context.scope.path }, run)
  if (typeof result === 'number' && !Number.isFinite(result))
    return fail(context, 'ARC4005', { what: `\`${name}\`` }, span)
  return fromPrimitive(result, dimension, integer)
}
