/** The interpretation rule of every op kind. */
import type { OpKind } from '../../compiler/ir/op.ts'
import type { InterpretRule } from './rule.ts'
import { collectiveRules, controlRules } from './rules-control.ts'
import { elementwiseRules } from './rules-elementwise.ts'
import { linalgRules } from './rules-linalg.ts'
import { movementRules } from './rules-movement.ts'
import { reduceRules } from './rules-reduce.ts'
import { sourceRules } from './rules-source.ts'

export const interpretRules: { readonly [K in OpKind]: InterpretRule<K> } = {
  ...sourceRules,
  ...elementwiseRules,
  ...movementRules,
  ...reduceRules,
  ...linalgRules,
  ...controlRules,
  ...collectiveRules,
}
