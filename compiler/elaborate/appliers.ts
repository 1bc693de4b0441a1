import { attempt, fail, type Reads, type Session, staticContext } from '../evaluate/context.ts'
import { callMethod, methodOf, statesOf } from '../evaluate/method.ts'
import { number, tensor } from '../evaluate/numbers.ts'
import { describe, showValue } from '../evaluate/show.ts'
import type { Optimizer, Schedule } from '../experiment/experiment.ts'
import type * as ir from '../ir/graph.ts'
import { normScopes, weightNorm } from '../ir/weight-norms.ts'
import type { MethodTables } from '../schema/methods.ts'
import * as schema from '../schema/objects.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import { readObject } from './read.ts'
import { again, contextOf, scratch, shaped } from './scalar-code.ts'

/** Every name in the table of a method, with its value, which is computed when the method reads it. */
type ReadsOf<K extends keyof MethodTables, M extends keyof MethodTables[K]> = MethodTables[K][M] extends {
  readonly reads: infer R
}
  ? { readonly [N in keyof R]: () => Value }
  : never

function reading(values: Readonly<Record<string, () => Value>>): Reads {
  return new Map(Object.entries(values))
}

/** `undefined` after reported errors. */
export function resolveOptimizer(object: ObjectValue, session: Session): Optimizer | undefined {
  const update: Optimizer['update'] = (builder, { weight, gradient, rate, step, states, norms }) => {
    const context = { ...contextOf(session, builder), norms }
    const extra = new Map([...states].map(([name, value]) => [name, tensor(value)]))
    const reads = reading({
      weight: () => tensor(weight),
      gradient: () => tensor(gradient),
      rate: () => tensor(rate),
      step: () => tensor(step),
      weight_norm: () => tensor(weightNorm(builder, weight, norms)),
      gradient_norm: () => tensor(weightNorm(builder, gradient, norms)),
    } satisfies ReadsOf<'optimizer', 'update'>)
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
    reading({
      step: () => step,
      total: () => number(total),
      epoch: () => number(epoch),
    } satisfies ReadsOf<'schedule', 'factor'>)
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
