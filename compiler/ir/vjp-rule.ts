/** What a gradient rule is (a vector-Jacobian product: from the cotangents of the results to those of the operands). */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import type { OpOf, Value } from './graph.ts'
import type { OpKind } from './op.ts'

/** One cotangent per operand or result; `undefined` is zero. */
export type Cotangents = readonly (Value | undefined)[]

export interface VjpOp<K extends OpKind> {
  readonly b: GraphBuilder
  readonly op: OpOf<K>
  /** Of the results; at least one is defined. Each has its result's type. */
  readonly cotangents: Cotangents
}

/**
 * Adds what the operands' cotangents need and returns them, one per operand. A rule need not ask which of them are wanted: ops
 * that no output needs are dropped when the graph is finished.
 */
export type VjpRule<K extends OpKind> = (v: VjpOp<K>) => Cotangents

/** `none`: no gradient passes (integers, comparisons, steps); the operands' cotangents are zero. */
export type VjpEntry<K extends OpKind> = VjpRule<K> | 'none'

/** The cotangent of an op of one result. */
export function onlyCotangent<K extends OpKind>(v: VjpOp<K>): Value {
  return need(v.cotangents[0], `the cotangent of ${v.op.kind}`)
}
