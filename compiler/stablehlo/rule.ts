/** The shape of an emit rule: it writes one graph op as StableHLO ops. */
import { bug } from '../../grammar/diagnostic.ts'
import type { OpOf } from '../ir/graph.ts'
import type { OpKind } from '../ir/op.ts'
import type { Emitter, Ssa } from './emitter.ts'

/** Operand `index` once more, for a second reader; the same where it lies in memory. */
export type Again = (index: number) => Ssa

/** Returns as many values as the op has results, of their types. */
export type EmitRule<K extends OpKind> = (
  e: Emitter,
  op: OpOf<K>,
  operands: readonly Ssa[],
  again: Again,
) => readonly Ssa[]

export type EmitRules<K extends OpKind> = { readonly [P in K]: EmitRule<P> }

/** Operand `index` of a rule; its absence is a mistake of the graph's builder. */
export function at(operands: readonly Ssa[], index: number): Ssa {
  return operands[index] ?? bug(`operand ${index} is missing`)
}
