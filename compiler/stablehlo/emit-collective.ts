/**
 * Emit rules for collectives, in replica mode: one group of all R replicas, no channel. On one replica they are no-ops and emit
 * nothing.
 */
import type { OpParams } from '../ir/op.ts'
import type { CollectiveKind } from '../ir/op-family.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { scalarRegion } from './hlo.ts'
import { at, type EmitRules } from './rule.ts'
import { i64, i64Matrix } from './spelling.ts'

function allReplicas(e: Emitter): string {
  return i64Matrix([Array.from({ length: e.replicas }, (_, r) => r)])
}

function allReduce(e: Emitter, x: Ssa, reduction: OpParams['all_reduce']['reduction']): readonly Ssa[] {
  const region = scalarRegion(e, x.type.dtype, reduction === 'sum' ? 'add' : 'maximum')
  return e.op('stablehlo.all_reduce', [x], [x.type], { replica_groups: allReplicas(e) }, [region])
}

export const collectiveRules: EmitRules<CollectiveKind> = {
  all_reduce: (e, op, operands) =>
    e.replicas === 1 ? operands : operands.flatMap((x) => allReduce(e, x, op.params.reduction)),
  all_gather: (e, op, operands) => {
    if (e.replicas === 1) return operands
    const x = at(operands, 0)
    const { dim } = op.params
    const type = { dtype: x.type.dtype, shape: x.type.shape.with(dim, (x.type.shape[dim] ?? 0) * e.replicas) }
    return e.op('stablehlo.all_gather', [x], [type], { all_gather_dim: i64(dim), replica_groups: allReplicas(e) })
  },
  reduce_scatter: (e, op, operands) => {
    if (e.replicas === 1) return operands
    const x = at(operands, 0)
    const { dim } = op.params
    const type = { dtype: x.type.dtype, shape: x.type.shape.with(dim, (x.type.shape[dim] ?? 0) / e.replicas) }
    const attributes = { replica_groups: allReplicas(e), scatter_dimension: i64(dim) }
    return e.op('stablehlo.reduce_scatter', [x], [type], attributes, [scalarRegion(e, x.type.dtype, 'add')])
  },
}
