/** Gradient rules for ops that move elements: each moves the cotangent back. */
import type { GraphBuilder } from './build.ts'
import { operandAt, type Value } from './graph.ts'
import type { MovementKind } from './op-family.ts'
import * as ops from './ops.ts'
import { onlyCotangent, type VjpEntry, type VjpRule } from './vjp-rule.ts'

/** Sums over repeated dims, then restores the operand's dim order. */
const vjpBroadcast: VjpRule<'broadcast_in_dim'> = (v) => {
  const { shape, dims } = v.op.params
  const x = operandAt(v.op, 0).type.shape
  const kept = dims.filter((to, from) => x[from] === shape[to])
  const summed = shape.map((_, dim) => dim).filter((dim) => !kept.includes(dim))
  const left = ops.sumOver(v.b, onlyCotangent(v), summed)
  const order = kept.toSorted((a, b) => a - b)
  const permutation = kept.map((dim) => order.indexOf(dim))
  return [ops.reshape(v.b, ops.transpose(v.b, left, permutation), x)]
}

/** Puts the cotangent back into the slice's position, with zeros elsewhere. */
const vjpSlice: VjpRule<'slice'> = (v) => {
  const c = onlyCotangent(v)
  const { start, stride } = v.op.params
  const high = operandAt(v.op, 0).type.shape.map((size, i) => {
    const count = c.type.shape[i] ?? 0
    const step = stride[i] ?? 1
    const covered = count === 0 ? 0 : (count - 1) * step + 1
    return size - (start[i] ?? 0) - covered
  })
  return [ops.pad(v.b, c, 0, { low: start, high, interior: stride.map((step) => step - 1) })]
}

/** The operand's part of the cotangent; the fill value receives the rest. */
const vjpPad: VjpRule<'pad'> = (v) => {
  const c = onlyCotangent(v)
  const { low, high, interior } = v.op.params
  const none = low.map(() => 0)
  const uncropped = ops.pad(v.b, c, 0, { low: low.map((n) => -n), high: high.map((n) => -n), interior: none })
  const dx = interior.every((n) => n === 0)
    ? uncropped
    : v.b.add('slice', [uncropped], { start: none, limit: uncropped.type.shape, stride: interior.map((n) => n + 1) })
  return [dx, ops.subtract(v.b, ops.sumAll(v.b, c), ops.sumAll(v.b, dx))]
}

const vjpConcatenate: VjpRule<'concatenate'> = (v) => {
  const c = onlyCotangent(v)
  const { dim } = v.op.params
  let start = 0
  return v.op.operands.map((part) => {
    const limit = start + (part.type.shape[dim] ?? 0)
    const own = ops.sliceDim(v.b, c, dim, start, limit)
    start = limit
    return own
  })
}

/** The rows of `c` at `rows`, zero for rows out of bounds: rows that `scatter_rows` dropped have no gradient. */
function rowsOrZero(b: GraphBuilder, c: Value, rows: Value): Value {
  const taken = ops.takeRows(b, c, rows)
  const inside = ops.and(b, ops.compare(b, 'GE', rows, 0), ops.compare(b, 'LT', rows, c.type.shape[0] ?? 0))
  return ops.select(b, ops.broadcastTo(b, inside, taken.type.shape, [0]), taken, 0)
}

export const vjpMovement: { readonly [K in MovementKind]: VjpEntry<K> } = {
  broadcast_in_dim: vjpBroadcast,
  reshape: (v) => [ops.reshape(v.b, onlyCotangent(v), operandAt(v.op, 0).type.shape)],
  transpose: (v) => {
    const { permutation } = v.op.params
    const inverse = permutation.map((_, dim) => permutation.indexOf(dim))
    return [ops.transpose(v.b, onlyCotangent(v), inverse)]
  },
  reverse: (v) => [ops.reverse(v.b, onlyCotangent(v), v.op.params.dims)],
  slice: vjpSlice,
  pad: vjpPad,
  concatenate: vjpConcatenate,
  dynamic_slice: (v) => {
    const x = operandAt(v.op, 0)
    const [, ...starts] = v.op.operands
    const back = ops.dynamicUpdateSlice(v.b, ops.splat(v.b, 0, x.type), onlyCotangent(v), starts)
    return [back, ...starts.map(() => undefined)]
  },
  dynamic_update_slice: (v) => {
    const c = onlyCotangent(v)
    const update = operandAt(v.op, 1)
    const starts = v.op.operands.slice(2)
    return [
      ops.dynamicUpdateSlice(v.b, c, ops.splat(v.b, 0, update.type), starts),
      ops.dynamicSlice(v.b, c, starts, update.type.shape),
      ...starts.map(() => undefined),
    ]
  },
  /** Row numbers are clamped like in the gather. */
  gather_rows: (v) => {
    const table = operandAt(v.op, 0)
    const rows = ops.clamp(v.b, operandAt(v.op, 1), 0, (table.type.shape[0] ?? 0) - 1)
    return [ops.scatterRows(v.b, ops.splat(v.b, 0, table.type), rows, onlyCotangent(v), 'add'), undefined]
  },
  scatter_rows: (v) => {
    const c = onlyCotangent(v)
    const rows = operandAt(v.op, 1)
    const update = operandAt(v.op, 2)
    const { mode } = v.op.params
    const table = mode === 'add' ? c : ops.scatterRows(v.b, c, rows, ops.splat(v.b, 0, update.type), 'set')
    return [table, undefined, rowsOrZero(v.b, c, rows)]
  },
}
