/** Shape rules for control flow and collectives. */
import type { TensorType } from './dtype.ts'
import {
  expect,
  expectDims,
  expectNumber,
  expectSame,
  expectType,
  type InferOp,
  type InferRule,
  misfit,
  only,
  within,
} from './infer-rule.ts'
import type { CollectiveKind, ControlKind } from './op-family.ts'

const inferLoop: InferRule<'for_loop'> = (op) => {
  const { trips, invariants } = op.params
  expect(within(trips, 0, Number.MAX_SAFE_INTEGER), op, `trips of 0 or more where ${trips} is`)
  expect(within(invariants, 0, op.operands.length), op, `invariants among the operands where ${invariants} is`)
  const carried = op.operands.slice(invariants)
  const [body] = op.regions
  if (body === undefined || op.regions.length !== 1) misfit(op, 'one region')
  expect(body.replicas === op.replicas, op, `a region of ${op.replicas} replicas where ${body.replicas} is`)
  const [trip, ...given] = body.inputs
  expect(trip !== undefined && given.length === op.operands.length, op, `a region of ${op.operands.length + 1} inputs`)
  expectType(op, trip.type, 'i32', [])
  given.forEach((input, i) => {
    expectSame(op, input.type, op.operands[i] ?? misfit(op, 'an operand for each input'))
  })
  expect(body.outputs.length === carried.length, op, `a region of ${carried.length} outputs`)
  body.outputs.forEach((output, i) => {
    expectSame(op, output.value.type, carried[i] ?? misfit(op, 'a carried value for each output'))
  })
  return carried
}

export const inferControl: { readonly [K in ControlKind]: InferRule<K> } = {
  for_loop: inferLoop,
  optimization_barrier: (op) => {
    expect(op.operands.length > 0, op, 'at least one operand')
    return op.operands
  },
}

/** Checks the dim along which the replicas' parts are concatenated; returns the operand and that dim's size. */
function partedDim(op: InferOp<'all_gather' | 'reduce_scatter'>): { x: TensorType; dim: number; size: number } {
  const x = only(op)
  const { dim } = op.params
  expectDims(op, [dim], x.shape.length)
  return { x, dim, size: x.shape[dim] ?? 0 }
}

export const inferCollective: { readonly [K in CollectiveKind]: InferRule<K> } = {
  all_reduce: (op) => {
    expect(op.operands.length > 0, op, 'at least one operand')
    for (const x of op.operands) expectNumber(op, x)
    return op.operands
  },
  all_gather: (op) => {
    const { x, dim, size } = partedDim(op)
    return [{ dtype: x.dtype, shape: x.shape.with(dim, size * op.replicas) }]
  },
  reduce_scatter: (op) => {
    const { x, dim, size } = partedDim(op)
    expectNumber(op, x)
    expect(size % op.replicas === 0, op, `a dim ${dim} that ${op.replicas} replicas divide where ${size} is`)
    return [{ dtype: x.dtype, shape: x.shape.with(dim, size / op.replicas) }]
  },
}
