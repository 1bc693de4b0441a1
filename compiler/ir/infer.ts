/** Shape inference: one rule per op kind, joined from the families. */
import type { TensorType } from './dtype.ts'
import type { Graph } from './graph.ts'
import type { OpKind, OpParams } from './op.ts'

/** What a rule sees of the op. Rules end in `bug(...)` for what does not fit, naming the op and both types. */
export interface InferInput<K extends OpKind> {
  readonly operands: readonly TensorType[]
  readonly params: OpParams[K]
  readonly regions: readonly Graph[]
  readonly replicas: number
}

export type InferRule<K extends OpKind> = (op: InferInput<K>) => readonly TensorType[]

/** The result types of an op. */
export function inferOp<K extends OpKind>(kind: K, op: InferInput<K>): readonly TensorType[] {
  return inferRules[kind](op)
}

declare const inferRules: { readonly [K in OpKind]: InferRule<K> }
