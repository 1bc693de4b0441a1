/** Shape inference: one rule per op kind, combined from the families. */
import type { TensorType } from './dtype.ts'
import { inferCollective, inferControl } from './infer-control.ts'
import { inferElementwise, inferSources } from './infer-elementwise.ts'
import { inferLinalg, inferReduce } from './infer-linalg.ts'
import { inferMovement } from './infer-movement.ts'
import type { InferInput, InferRule } from './infer-rule.ts'
import type { OpKind } from './op.ts'

export const inferRules: { readonly [K in OpKind]: InferRule<K> } = {
  ...inferSources,
  ...inferElementwise,
  ...inferMovement,
  ...inferReduce,
  ...inferLinalg,
  ...inferControl,
  ...inferCollective,
}

/** The result types of an op. Raises a bug if its operands, parameters or regions do not fit. */
export function inferOp<K extends OpKind>(kind: K, op: InferInput<K>): readonly TensorType[] {
  return inferRules[kind]({ kind, ...op })
}
