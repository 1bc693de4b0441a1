/** Norms for rules per layer, such as LARS: of a whole weight, or of each of its rows. */
import type { GraphBuilder } from './build.ts'
import type { Value } from './graph.ts'
import * as ops from './ops.ts'

/**
 * What an optimizer takes the norm of: `whole` weights, or `rows` of the centers, one for each class, since a step has only a part of
 * that table: of a shard, a chunk, a sample.
 */
export const normScopes = ['whole', 'rows'] as const
export type NormScope = (typeof normScopes)[number]

/** The Euclidean norm of a weight, a gradient or a state: f32 [], or for `rows` of [K,D] repeated over each row, [K,D]. */
export function weightNorm(b: GraphBuilder, x: Value, scope: NormScope): Value {
  const squares = ops.square(b, x)
  const { shape } = x.type
  if (scope === 'whole' || shape.length < 2) return ops.sqrt(b, ops.sumAll(b, squares))
  return ops.broadcastVector(b, ops.sqrt(b, ops.sumOver(b, squares, [1])), shape, 0)
}
