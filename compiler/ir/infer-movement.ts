/** Shape rules for ops that move elements without computing on them. */
import { elementCount, type TensorType } from './dtype.ts'
import {
  expect,
  expectCount,
  expectDims,
  expectNumber,
  expectSame,
  expectShape,
  expectType,
  type InferOp,
  type InferRule,
  only,
  operand,
  within,
} from './infer-rule.ts'
import type { MovementKind } from './op-family.ts'

/** One i32[] start per dim of `type`, starting at operand `first`. */
function expectStarts(op: InferOp<'dynamic_slice' | 'dynamic_update_slice'>, first: number, type: TensorType): void {
  expectCount(op, first + type.shape.length)
  for (const start of op.operands.slice(first)) expectType(op, start, 'i32', [])
}

/** Checks table and row numbers; returns the type of the rows. */
function expectRows(op: InferOp<'gather_rows' | 'scatter_rows'>): TensorType {
  const table = operand(op, 0)
  const rows = operand(op, 1)
  expect(table.shape.length >= 1, op, 'a table of rank 1 or more')
  expect(rows.dtype === 'i32' && rows.shape.length === 1, op, 'row numbers i32[K]')
  return { dtype: table.dtype, shape: [...rows.shape, ...table.shape.slice(1)] }
}

const inferBroadcast: InferRule<'broadcast_in_dim'> = (op) => {
  const x = only(op)
  const { shape, dims } = op.params
  expectShape(op, shape)
  expectDims(op, dims, shape.length)
  expect(dims.length === x.shape.length, op, `${x.shape.length} dims where ${dims.length} are`)
  const fits = dims.every((to, from) => x.shape[from] === shape[to] || x.shape[from] === 1)
  expect(fits, op, `an operand that fits [${shape.join(',')}] at dims [${dims.join(',')}]`)
  return [{ dtype: x.dtype, shape }]
}

const inferSlice: InferRule<'slice'> = (op) => {
  const x = only(op)
  const { start, limit, stride } = op.params
  const rank = x.shape.length
  expect(
    start.length === rank && limit.length === rank && stride.length === rank,
    op,
    `start, limit, stride of ${rank} dims`,
  )
  const shape = x.shape.map((dim, i) => {
    const [from = 0, to = 0, step = 0] = [start[i], limit[i], stride[i]]
    const fits = within(to, 0, dim) && within(from, 0, to) && within(step, 1, Number.MAX_SAFE_INTEGER)
    expect(fits, op, `a range inside dim ${i} where ${from}:${to}:${step} is`)
    return Math.ceil((to - from) / step)
  })
  return [{ dtype: x.dtype, shape }]
}

const inferPad: InferRule<'pad'> = (op) => {
  expectCount(op, 2)
  const x = operand(op, 0)
  expectType(op, operand(op, 1), x.dtype, [])
  const { low, high, interior } = op.params
  const rank = x.shape.length
  expect(
    low.length === rank && high.length === rank && interior.length === rank,
    op,
    `low, high, interior of ${rank} dims`,
  )
  const shape = x.shape.map((dim, i) => {
    const [before = 0, after = 0, between = 0] = [low[i], high[i], interior[i]]
    const padded = before + after + dim + Math.max(dim - 1, 0) * between
    const fits =
      Number.isInteger(before) &&
      within(between, 0, Number.MAX_SAFE_INTEGER) &&
      within(padded, 0, Number.MAX_SAFE_INTEGER)
    expect(fits, op, `padding that leaves dim ${i} a size where low ${before}, high ${after}, interior ${between} is`)
    return padded
  })
  return [{ dtype: x.dtype, shape }]
}

const inferConcatenate: InferRule<'concatenate'> = (op) => {
  const first = operand(op, 0)
  const { dim } = op.params
  expectDims(op, [dim], first.shape.length)
  let total = 0
  for (const part of op.operands) {
    const size = part.shape[dim] ?? 0
    expectType(op, part, first.dtype, first.shape.with(dim, size))
    total += size
  }
  return [{ dtype: first.dtype, shape: first.shape.with(dim, total) }]
}

export const inferMovement: { readonly [K in MovementKind]: InferRule<K> } = {
  broadcast_in_dim: inferBroadcast,
  reshape: (op) => {
    const x = only(op)
    const { shape } = op.params
    expectShape(op, shape)
    expect(elementCount(shape) === elementCount(x.shape), op, `as many elements as [${shape.join(',')}] has`)
    return [{ dtype: x.dtype, shape }]
  },
  transpose: (op) => {
    const x = only(op)
    const { permutation } = op.params
    expectDims(op, permutation, x.shape.length)
    expect(permutation.length === x.shape.length, op, `a permutation of ${x.shape.length} dims`)
    return [{ dtype: x.dtype, shape: permutation.map((dim) => x.shape[dim] ?? 0) }]
  },
  reverse: (op) => {
    const x = only(op)
    expectDims(op, op.params.dims, x.shape.length)
    return [x]
  },
  slice: inferSlice,
  pad: inferPad,
  concatenate: inferConcatenate,
  dynamic_slice: (op) => {
    const x = operand(op, 0)
    const { sizes } = op.params
    expectStarts(op, 1, x)
    const fits = sizes.length === x.shape.length && sizes.every((size, i) => within(size, 0, x.shape[i] ?? 0))
    expect(fits, op, `sizes that fit the tensor where [${sizes.join(',')}] is`)
    return [{ dtype: x.dtype, shape: sizes }]
  },
  dynamic_update_slice: (op) => {
    const x = operand(op, 0)
    const update = operand(op, 1)
    expectStarts(op, 2, x)
    expect(update.dtype === x.dtype, op, `an update of ${x.dtype}`)
    const fits = update.shape.length === x.shape.length && update.shape.every((size, i) => size <= (x.shape[i] ?? 0))
    expect(fits, op, 'an update that fits into the tensor')
    return [x]
  },
  gather_rows: (op) => {
    expectCount(op, 2)
    const rows = expectRows(op)
    expect((operand(op, 0).shape[0] ?? 0) > 0, op, 'a table with rows')
    return [rows]
  },
  scatter_rows: (op) => {
    expectCount(op, 3)
    expectSame(op, operand(op, 2), expectRows(op))
    if (op.params.mode === 'add') expectNumber(op, operand(op, 0))
    return [operand(op, 0)]
  },
}
