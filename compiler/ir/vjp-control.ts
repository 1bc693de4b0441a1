/**
 * Gradient rules for control flow and collectives.
 *
 * Convention: the SUM of the replicas' losses is differentiated. The cotangent of a value on replica r is the derivative of that
 * sum with respect to r's own copy. So a value that every replica sees (`all_reduce`) collects the cotangents of all replicas,
 * and the gradient of a parameter that is equal on all replicas is the `all_reduce` sum of its cotangents. For the mean over the
 * whole batch, each replica's loss is divided by R first.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import { operandAt, resultAt, type Value } from './graph.ts'
import type { CollectiveKind, ControlKind } from './op-family.ts'
import * as ops from './ops.ts'
import { type Cotangents, onlyCotangent, type VjpEntry, type VjpRule } from './vjp-rule.ts'

/** Applies an op with many operands to the cotangents that exist. */
function onDefined(cotangents: Cotangents, apply: (values: readonly Value[]) => readonly Value[]): Cotangents {
  const results = [...apply(cotangents.filter((c) => c !== undefined))]
  return cotangents.map((c) => (c === undefined ? undefined : need(results.shift(), 'a cotangent')))
}

/** As for `reduce_max`: the replicas that hold the maximum share its gradient equally. */
const vjpAllReduce: VjpRule<'all_reduce'> = (v) => {
  const { b, op } = v
  const total = onDefined(v.cotangents, (values) => ops.sumOverReplicas(b, values))
  if (op.params.reduction === 'sum') return total
  return total.map((c, i) => {
    if (c === undefined) return undefined
    const x = operandAt(op, i)
    const reached = ops.compare(b, 'EQ', x, resultAt(op, i))
    const [count] = ops.sumOverReplicas(b, [ops.convert(b, reached, x.type.dtype)])
    return ops.select(b, reached, ops.divide(b, c, need(count, 'the number of maxima')), 0)
  })
}

export const vjpControl: { readonly [K in ControlKind]: VjpEntry<K> } = {
  for_loop: (v) => bug('loops are not differentiated: write the gradient as a separate loop', v.op.origin.span),
  /** Cotangents pass through a barrier too: what must not be fused forward must not be fused backward. */
  optimization_barrier: (v) => onDefined(v.cotangents, (values) => v.b.addAll('optimization_barrier', values, {})),
}

export const vjpCollective: { readonly [K in CollectiveKind]: VjpEntry<K> } = {
  all_reduce: vjpAllReduce,
  all_gather: (v) => [v.b.add('reduce_scatter', [onlyCotangent(v)], { dim: v.op.params.dim })],
  reduce_scatter: (v) => [v.b.add('all_gather', [onlyCotangent(v)], { dim: v.op.params.dim })],
}
