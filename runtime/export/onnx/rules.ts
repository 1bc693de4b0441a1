/** What each kind of op is in ONNX: one rule per kind. */
import type { Op } from '../../../compiler/ir/graph.ts'
import type { OpKind } from '../../../compiler/ir/op.ts'
import type { Scope } from './emitter.ts'
import type { OnnxRule, OnnxRules } from './rule.ts'
import { elementwiseRules, sourceRules } from './rules-elementwise.ts'
import { controlRules, linalgRules, reduceRules } from './rules-linalg.ts'
import { movementRules } from './rules-movement.ts'
import type { View } from './view.ts'

export const onnxRules: OnnxRules<OpKind> = {
  ...sourceRules,
  ...elementwiseRules,
  ...movementRules,
  ...reduceRules,
  ...linalgRules,
  ...controlRules,
}

/** Throws ARC6800 for an op that exports do not have. */
export function emitOp<K extends OpKind>(op: Extract<Op, { kind: K }>, scope: Scope): View {
  const rule: OnnxRule<K> = onnxRules[op.kind as K]
  return rule(op, scope)
}
