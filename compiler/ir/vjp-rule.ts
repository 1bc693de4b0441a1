/** The type of a gradient rule (a vector-Jacobian product: from the cotangents of the results to those of the operands). */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import type { OpOf, Value } from './graph.ts'
import type { OpKind } from './op.ts'

/** One cotangent per operand or result; `undefined` is zero. */
export type Cotangents = readonly (Value | undefined)[]

export interface VjpOp<K extends OpKind> {
  readonly b: GraphBuilder
  readonly op: OpOf<K>
  /** Of the results; at least one is defined. Each has the type of its result. */
  readonly cotangents: Cotangents
}

/**
 * Adds the ops that compute the operands' cotangents and returns these, one per operand. A rule need not check which of them are
 * needed: ops that no output depends on are dropped when the graph is finished.
 */
export type VjpRule<K extends OpKind> = (v: VjpOp<K>) => Cotangents

/** `none`: no gradient passes (integers, comparisons, steps); the operands' cotangents are zero. */
export type VjpEntry<K extends OpKind> = VjpRule<K> | 'none'

/** The cotangent of an op with a single result. */
export function onlyCotangent<K extends OpKind>(v: VjpOp<K>): Value {
  return need(v.cotangents[0], `the cotangent of ${v.op.kind}`)
}
