/**
 * What the margin of the head reads beside the cosines, its states, and its penalty. Only what its methods name is computed, and
 * only what its states need is gathered over the devices.
 *
 * Legend: R replicas, B rows of the batch, n rows that this device processes (B with sharded centers, B/R with replicated ones).
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Margin, MarginValues } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { MarginRead } from '../schema/methods.ts'
import { own } from '../types/own.ts'
import type { ClassCounts } from './class-counts.ts'
import { gradientsOf } from './head-gradients.ts'
import { keyOf, mix, normalRows } from './random.ts'

/** What a margin keeps and learns, and the moment of the step. */
export interface MarginInput {
  /** By full name, f32 [] each. */
  readonly kept: ReadonlyMap<string, Value>
  /** Set if the margin reads how many pictures classes have. */
  readonly counts: ClassCounts | undefined
  /** The number of classes of the run. */
  readonly classes: number
  readonly seed: number
  /** i32 [], from 0. */
  readonly step: Value
  /** Steps of the run, and of one epoch. */
  readonly total: number
  readonly epoch: number
}

/** The rows that this device processes. */
export interface MarginRows {
  readonly count: number
  /** The first of them among those of the batch, u32 []. */
  first(): Value
  /** Lengths of the embeddings, f32 [n]. */
  norm(): Value
  /** Cosines with the centers of the own classes, f32 [n]. */
  own(): Value
  /** Pictures of the own classes, f32 [n]. */
  pictures(): Value
  /** Values of all rows of the batch, [B], from those of this device. */
  whole(rows: Value): Value
}

interface MarginStep {
  /** What `target`, `other` and `penalty` read. */
  readonly values: MarginValues
  /** The states after the step, f32 [] each. */
  readonly states: ReadonlyMap<string, Value>
}

export function marginStep(b: GraphBuilder, margin: Margin, input: MarginInput, rows: MarginRows): MarginStep {
  const known = new Map<string, Value | number>()
  const read = (name: string): Value | number => {
    const value = known.get(name) ?? readValue(b, name, input, rows)
    known.set(name, value)
    return value
  }
  const { target, other, penalty, update } = margin.needs
  const all = (name: string) => {
    const value = read(name)
    return typeof value === 'number' || value.type.shape.length === 0 ? value : ops.detach(b, rows.whole(value))
  }
  const kept = (names: Margin['states']) => names.map((name) => [name, need(input.kept.get(name), name)] as const)
  const before = [...kept(margin.states), ...kept(margin.learned)]
  const seen = Array.from(update.reads, (name) => [name, all(name)] as const)
  const states = margin.update?.(b, new Map([...seen, ...before])) ?? new Map<string, Value>()
  // In `other`, `count` is that of the other classes, which each chunk has.
  const ofOther = [...other.reads].filter((name) => name !== 'count')
  const names = new Set([...target.reads, ...ofOther, ...penalty.reads])
  const values = new Map([...Array.from(names, (name) => [name, read(name)] as const), ...before, ...states])
  return { values, states }
}

type Source = (b: GraphBuilder, input: MarginInput, rows: MarginRows) => Value | number

const sources: { readonly [N in MarginRead]: Source } = {
  norm: (_, __, rows) => rows.norm(),
  own: (_, __, rows) => rows.own(),
  noise: (b, input, rows) => noise(b, input, rows),
  step: (b, input) => ops.convert(b, input.step, 'f32'),
  total: (_, input) => input.total,
  epoch: (_, input) => input.epoch,
  count: (_, __, rows) => rows.pictures(),
  own_count: (_, __, rows) => rows.pictures(),
  fewest: (_, { counts }) => need(counts, 'the pictures of classes').fewest,
  most: (_, { counts }) => need(counts, 'the pictures of classes').most,
  classes: (_, input) => input.classes,
}

function readValue(b: GraphBuilder, name: string, input: MarginInput, rows: MarginRows): Value | number {
  return need(own(sources, name), `what a margin reads as ${name}`)(b, input, rows)
}

/** A standard normal number of each row, keyed by (seed, step, row): f32 [n]. */
export function noise(
  b: GraphBuilder,
  { seed, step }: Pick<MarginInput, 'seed' | 'step'>,
  { count, first }: Pick<MarginRows, 'count' | 'first'>,
): Value {
  const key = mix(b, ops.xor(b, ops.convert(b, step, 'u32'), keyOf(seed, 'margin noise')))
  return ops.reshape(b, normalRows(b, key, first(), [count, 1], 1), [count])
}

/** The lengths of vectors x [n,D], f32 [n]; their gradient is x̂. */
export function lengths(b: GraphBuilder, x: Value): Value {
  return ops.sqrt(b, ops.sumOver(b, ops.square(b, x), [1]))
}

export interface Penalty {
  /** The sum of the terms of the rows, f32 []. */
  readonly sum: Value
  /** Gradients of that sum: f32 [n] of rows, f32 [] of learned numbers. */
  readonly gradients: ReadonlyMap<string, Value>
}

/** The penalty of `count` rows. */
export function penaltyOf(b: GraphBuilder, margin: Margin, values: MarginValues, count: number): Penalty | undefined {
  const type = { dtype: 'f32', shape: [count] } as const
  const terms = margin.penalty?.(b, values, type)
  if (terms === undefined) return undefined
  const output = { value: terms, cotangent: ops.splat(b, 1, type) }
  const { named } = gradientsOf(b, output, [], values, margin.needs.penalty.varying)
  return { sum: ops.sumOver(b, terms, [0]), gradients: named }
}
