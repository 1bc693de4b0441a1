/** The type of an emit rule: it emits one graph op as StableHLO ops. */
import { bug } from '../../grammar/diagnostic.ts'
import type { OpOf } from '../ir/graph.ts'
import type { OpKind } from '../ir/op.ts'
import type { Emitter, Ssa } from './emitter.ts'

/** Operand `index` recomputed for a second reader; the same value if it is in memory. */
export type Again = (index: number) => Ssa

/** Returns as many values as the op has results, with their types. */
export type EmitRule<K extends OpKind> = (
  e: Emitter,
  op: OpOf<K>,
  operands: readonly Ssa[],
  again: Again,
) => readonly Ssa[]

export type EmitRules<K extends OpKind> = { readonly [P in K]: EmitRule<P> }

/** Operand `index` of a rule; if it is missing, the graph's builder has a bug. */
export function at(operands: readonly Ssa[], index: number): Ssa {
  return operands[index] ?? bug(`operand ${index} is missing`)
}
