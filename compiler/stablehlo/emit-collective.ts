/**
 * Emit rules for collectives, in replica mode: one group of all R replicas, no channel. On one replica they are no-ops and emit
 * nothing. Where the replicas are in several processes on CPUs, they are calls of arcc's own functions.
 */
import { elementCount, type TensorType } from '../ir/dtype.ts'
import type { OpParams } from '../ir/op.ts'
import type { CollectiveKind } from '../ir/op-family.ts'
import { callAcross } from './across-processes.ts'
import type { AcrossProcesses, Emitter, Ssa } from './emitter.ts'
import { convert, scalarRegion } from './hlo.ts'
import { at, type EmitRules } from './rule.ts'
import { i64, i64Matrix } from './spelling.ts'

function allReplicas(e: Emitter): string {
  return i64Matrix([Array.from({ length: e.replicas }, (_, r) => r)])
}

type Reduction = OpParams['all_reduce']['reduction']

function allReduce(e: Emitter, x: Ssa, reduction: Reduction): readonly Ssa[] {
  const region = scalarRegion(e, x.type.dtype, reduction === 'sum' ? 'add' : 'maximum')
  return e.op('stablehlo.all_reduce', [x], [x.type], { replica_groups: allReplicas(e) }, [region])
}

/** XLA sums bf16 in f32 on CPUs; here it is the same, so that several processes give the bits of one. */
const summed = (e: Emitter, x: Ssa): Ssa => (x.type.dtype === 'bf16' ? convert(e, x, 'f32') : x)

/** All tensors at once: each collective of several processes takes a message's time at least. */
function allReduceAcross(
  e: Emitter,
  across: AcrossProcesses,
  xs: readonly Ssa[],
  reduction: Reduction,
): readonly Ssa[] {
  const given = xs.map((x) => (reduction === 'sum' ? summed(e, x) : x))
  const types = given.map((x) => x.type)
  const found = callAcross(e, across, 'all_reduce', given, types, reduction === 'sum' ? 0 : 1)
  return found.map((sum, i) => convert(e, sum, at(xs, i).type.dtype))
}

function reduceScatterAcross(e: Emitter, across: AcrossProcesses, x: Ssa, type: TensorType, outer: number): Ssa {
  const given = summed(e, x)
  const result = { ...type, dtype: given.type.dtype }
  return convert(e, at(callAcross(e, across, 'reduce_scatter', [given], [result], outer), 0), type.dtype)
}

/** Product of the dims before `dim`. */
const outerOf = (x: Ssa, dim: number) => elementCount(x.type.shape.slice(0, dim))

export const collectiveRules: EmitRules<CollectiveKind> = {
  all_reduce: (e, op, operands) => {
    const { reduction } = op.params
    if (e.replicas === 1) return operands
    if (e.across !== undefined) return allReduceAcross(e, e.across, operands, reduction)
    return operands.flatMap((x) => allReduce(e, x, reduction))
  },
  all_gather: (e, op, operands) => {
    if (e.replicas === 1) return operands
    const x = at(operands, 0)
    const { dim } = op.params
    const type = { dtype: x.type.dtype, shape: x.type.shape.with(dim, (x.type.shape[dim] ?? 0) * e.replicas) }
    if (e.across !== undefined) return callAcross(e, e.across, 'all_gather', [x], [type], outerOf(x, dim))
    return e.op('stablehlo.all_gather', [x], [type], { all_gather_dim: i64(dim), replica_groups: allReplicas(e) })
  },
  reduce_scatter: (e, op, operands) => {
    if (e.replicas === 1) return operands
    const x = at(operands, 0)
    const { dim } = op.params
    const type = { dtype: x.type.dtype, shape: x.type.shape.with(dim, (x.type.shape[dim] ?? 0) / e.replicas) }
    if (e.across !== undefined) return [reduceScatterAcross(e, e.across, x, type, outerOf(x, dim))]
    const attributes = { replica_groups: allReplicas(e), scatter_dimension: i64(dim) }
    return e.op('stablehlo.reduce_scatter', [x], [type], attributes, [scalarRegion(e, x.type.dtype, 'add')])
  },
}
