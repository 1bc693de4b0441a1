/** The update part of a step: clipping of the backbone's gradients by their norm, and the optimizer for every weight. */
import { need } from '../../grammar/diagnostic.ts'
import type { Optimizer } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { StateTensor } from '../ir/state-tensor.ts'
import type { NormScope } from '../ir/weight-norms.ts'

/** torch's `clip_grad_norm_` adds this to the norm. */
const CLIP_EPSILON = 1e-6

/** `x` times a number, f32 []. */
export function scaleBy(b: GraphBuilder, x: Value, factor: Value): Value {
  return ops.multiply(b, x, ops.broadcastScalar(b, factor, x.type.shape))
}

/** Divides the gradients by the factor (f32 []) of loss scaling. */
export function unscale(b: GraphBuilder, gradients: readonly Value[], factor: Value): readonly Value[] {
  const inverse = ops.divide(b, 1, factor)
  return gradients.map((g) => scaleBy(b, g, inverse))
}

/** `x` if the single pred holds, else `y`. */
export function selectAll(b: GraphBuilder, predicate: Value, x: Value, y: Value): Value {
  return ops.select(b, ops.broadcastScalar(b, predicate, x.type.shape), x, y)
}

/**
 * The L2 norm over all gradients, f32 []. For filters stored as [O,kh,kw,I], the norm of each output's part is computed first,
 * and then that of all parts of all filters: one small kernel per filter instead of two. They are combined as norms, since XLA
 * splits a sum over concatenated sums again, but not a sum over squares of concatenated values.
 */
export function gradientNorm(b: GraphBuilder, state: readonly StateTensor[], gradients: readonly Value[]): Value {
  const squares = gradients.map((g) => ops.square(b, g))
  const isFilter = (_: Value, i: number) => state[i]?.storage === 'ohwi'
  const rows = squares.filter(isFilter).map((square) => ops.sqrt(b, ops.sumOver(b, square, [1, 2, 3])))
  const sums = squares.filter((square, i) => !isFilter(square, i)).map((square) => ops.sumAll(b, square))
  if (rows.length > 0) sums.push(ops.sumAll(b, ops.square(b, ops.concatenate(b, rows, 0))))
  return ops.sqrt(
    b,
    sums.reduce((total, sum) => ops.add(b, total, sum)),
  )
}

/** Scales the gradients so that their norm is at most `limit`. */
export function clipGradients(b: GraphBuilder, gradients: readonly Value[], norm: Value, limit: number): Value[] {
  const factor = ops.minimum(b, ops.divide(b, limit, ops.add(b, norm, CLIP_EPSILON)), 1)
  return gradients.map((g) => scaleBy(b, g, factor))
}

export interface WeightUpdate {
  readonly weight: Value
  readonly gradient: Value
  readonly states: ReadonlyMap<string, Value>
  readonly norms: NormScope
}

/** The optimizer's inputs from the step, f32 [] each: the scheduled learning rate, and the update counted from 1. */
export interface Clock {
  readonly rate: Value
  readonly step: Value
}

/** The learning rate (f32 []) times a factor; equal factors share a value. */
export function rateTimes(b: GraphBuilder, rate: Value): (factor: number) => Value {
  const known = new Map([[1, rate]])
  return (factor) => {
    const value = known.get(factor) ?? ops.multiply(b, rate, factor)
    known.set(factor, value)
    return value
  }
}

/** Applies the optimizer to one weight; the result has the weight under its own name and its states under theirs. */
export function applyOptimizer(
  b: GraphBuilder,
  optimizer: Optimizer,
  clock: Clock,
  operands: WeightUpdate,
): { readonly weight: Value; readonly states: ReadonlyMap<string, Value> } {
  const updated = optimizer.update(b, { ...operands, ...clock })
  for (const state of optimizer.states) need(updated.states.get(state.name), `the new ${state.name}`)
  return updated
}
