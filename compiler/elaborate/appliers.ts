/**
 * Margins, optimizers and schedules of a resolved experiment: the scalar code of their methods, applied to tensors.
 *
 * Legend: cosines and weights may have any shape; rate, step and factor are f32 scalars.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { attempt, type Context, fail, type Session, staticContext } from '../evaluate/context.ts'
import { callMethod, methodOf, statesOf } from '../evaluate/method.ts'
import { number, tensor } from '../evaluate/numbers.ts'
import { describe, showValue } from '../evaluate/show.ts'
import type { Margin, Optimizer, Schedule } from '../experiment/experiment.ts'
import { GraphBuilder } from '../ir/build.ts'
import { sameShape, type TensorType } from '../ir/dtype.ts'
import type * as ir from '../ir/graph.ts'
import { broadcastScalar, convert, splat } from '../ir/ops.ts'
import { normScopes, weightNorm } from '../ir/weight-norms.ts'
import type { MethodTables } from '../schema/methods.ts'
import * as schema from '../schema/objects.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import { readObject } from './read.ts'

/** Runs scalar code that has been tried before; an error that appears only now is a bug in the compiler. */
function again<T>(what: string, session: Session, body: () => T): T {
  session.spent.steps = 0
  const result = attempt(body)
  return result === undefined ? bug(`${what} failed although it was checked before`) : result
}

/** The value as a tensor of the type of `like`; numbers and scalars are broadcast. */
function shaped(context: Context, object: ObjectValue, method: string, value: Value, like: TensorType): ir.Value {
  const builder = context.builder ?? bug('no graph')
  if (value.kind === 'number') return splat(builder, value.value, like)
  const fits =
    value.kind === 'tensor' && (value.value.type.shape.length === 0 || sameShape(value.value.type.shape, like.shape))
  if (value.kind === 'tensor' && fits && value.value.type.dtype !== 'pred')
    return convert(builder, broadcastScalar(builder, value.value, like.shape), like.dtype)
  return fail(
    context,
    'ARC4002',
    { found: describe(value), wanted: `a number from \`${object.decl.name.text}.${method}\`` },
    methodOf(object, method)?.body.span ?? object.span,
  )
}

/** Values for every name in the table of a method. */
type ReadsOf<K extends keyof MethodTables, M extends keyof MethodTables[K]> = MethodTables[K][M] extends {
  readonly reads: infer R
}
  ? { readonly [N in keyof R]: Value }
  : never

function reading(values: Readonly<Record<string, Value>>): ReadonlyMap<string, () => Value> {
  return new Map(Object.entries(values).map(([name, value]) => [name, () => value]))
}

/** Values that are computed when a method reads them. */
function onDemand(values: Readonly<Record<string, () => Value>>): ReadonlyMap<string, () => Value> {
  return new Map(Object.entries(values))
}

function contextOf(session: Session, builder: GraphBuilder): Context {
  return { ...staticContext(session), builder }
}

/** A graph for trying scalar code once, so that its errors are reported before it is used. */
function scratch(): {
  readonly builder: GraphBuilder
  readonly input: (name: string, shape: readonly number[]) => ir.Value
} {
  const builder = new GraphBuilder('scratch', 1)
  return { builder, input: (name, shape) => builder.input(name, { dtype: 'f32', shape }) }
}

/** `undefined` after reported errors. */
export function resolveMargin(object: ObjectValue, session: Session): Margin | undefined {
  const apply = (method: 'target' | 'other') => (builder: GraphBuilder, cos: ir.Value) => {
    const context = contextOf(session, builder)
    return shaped(
      context,
      object,
      method,
      callMethod(object, method, reading({ cos: tensor(cos) }), object.span, context),
      cos.type,
    )
  }
  const target = apply('target')
  const other = apply('other')
  const tried = attempt(() => {
    const { builder, input } = scratch()
    target(builder, input('cos', [2]))
    if (methodOf(object, 'other') !== undefined) other(builder, input('others', [2, 3]))
    return readObject(schema.margin, object, staticContext(session))
  })
  if (tried === undefined) return undefined
  return {
    name: object.decl.name.text,
    text: showValue(object),
    scale: tried.scale,
    target: (builder, cos) => again('a margin', session, () => target(builder, cos)),
    other:
      methodOf(object, 'other') === undefined
        ? undefined
        : (builder, cos) => again('a margin', session, () => other(builder, cos)),
    span: object.span,
  }
}

/** `undefined` after reported errors. */
export function resolveOptimizer(object: ObjectValue, session: Session): Optimizer | undefined {
  const update: Optimizer['update'] = (builder, { weight, gradient, rate, step, states, norms }) => {
    const context = { ...contextOf(session, builder), norms }
    const extra = new Map([...states].map(([name, value]) => [name, tensor(value)]))
    const reads = onDemand({
      weight: () => tensor(weight),
      gradient: () => tensor(gradient),
      rate: () => tensor(rate),
      step: () => tensor(step),
      weight_norm: () => tensor(weightNorm(builder, weight, norms)),
      gradient_norm: () => tensor(weightNorm(builder, gradient, norms)),
    } satisfies { readonly [N in keyof ReadsOf<'optimizer', 'update'>]: () => Value })
    const result = callMethod(object, 'update', reads, object.span, context, extra)
    const span = methodOf(object, 'update')?.body.span ?? object.span
    const field = (name: string, like: ir.Value): ir.Value => {
      const value = result.kind === 'record' ? result.fields.get(name) : undefined
      if (value !== undefined) return shaped(context, object, 'update', value, like.type)
      return fail(context, 'ARC4012', { what: `the result of \`${object.decl.name.text}.update\``, name }, span)
    }
    return {
      weight: field('weight', weight),
      states: new Map([...states].map(([name, value]) => [name, field(name, value)])),
    }
  }
  const tried = attempt(() => {
    const states = statesOf(object, staticContext(session))
    for (const norms of normScopes) {
      const { builder, input } = scratch()
      const shape = norms === 'whole' ? [2] : [2, 3]
      update(builder, {
        weight: input('weight', shape),
        gradient: input('gradient', shape),
        rate: input('rate', []),
        step: input('step', []),
        states: new Map(states.map(({ name }) => [name, input(name, shape)])),
        norms,
      })
    }
    const fields = readObject(schema.optimizer, object, staticContext(session))
    return fields && { states, lr: fields.lr }
  })
  if (tried === undefined) return undefined
  return {
    name: object.decl.name.text,
    text: showValue(object),
    lr: tried.lr,
    states: tried.states,
    update: (builder, operands) => again('an optimizer', session, () => update(builder, operands)),
    span: object.span,
  }
}

/** `undefined` after reported errors. */
export function resolveSchedule(object: ObjectValue, session: Session): Schedule | undefined {
  const reads = (step: Value, total: number, epoch: number) =>
    reading({ step, total: number(total), epoch: number(epoch) } satisfies ReadsOf<'schedule', 'factor'>)
  const factor: Schedule['factor'] = (builder, step, total, epoch) => {
    const context = contextOf(session, builder)
    const result = callMethod(object, 'factor', reads(tensor(step), total, epoch), object.span, context)
    return shaped(context, object, 'factor', result, { dtype: 'f32', shape: [] })
  }
  const factorAt: Schedule['factorAt'] = (step, total, epoch) => {
    const context = staticContext(session)
    const result = callMethod(object, 'factor', reads(number(step), total, epoch), object.span, context)
    if (result.kind === 'number') return result.value
    return fail(context, 'ARC4002', { found: describe(result), wanted: 'a number' }, object.span)
  }
  const tried = attempt(() => {
    const { builder, input } = scratch()
    factor(builder, input('step', []), 100, 10)
    return factorAt(0, 100, 10)
  })
  if (tried === undefined) return undefined
  return {
    name: object.decl.name.text,
    text: showValue(object),
    factor: (builder, step, total, epoch) => again('a schedule', session, () => factor(builder, step, total, epoch)),
    factorAt: (step, total, epoch) => again('a schedule', session, () => factorAt(step, total, epoch)),
    span: object.span,
  }
}
