/** Emit rules of the ops that move elements: shapes, slices, rows of tables. */
import type { OpParams } from '../ir/op.ts'
import type { MovementKind } from '../ir/op-family.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { broadcast, concatenate, pad, reshape, reverse, scalarRegion, slice, transpose } from './hlo.ts'
import { at, type EmitRules } from './rule.ts'
import { i64Array, list } from './spelling.ts'

/** [0, 1, …, n-1] without 0: the dims of a row. */
function rowDims(rank: number): number[] {
  return Array.from({ length: rank - 1 }, (_, i) => i + 1)
}

function gatherRows(e: Emitter, table: Ssa, rows: Ssa): readonly Ssa[] {
  const { dtype, shape } = table.type
  const numbers = [
    `offset_dims = ${list(rowDims(shape.length))}`,
    'collapsed_slice_dims = [0]',
    'start_index_map = [0]',
    'index_vector_dim = 1',
  ]
  const result = { dtype, shape: shape.with(0, rows.type.shape[0] ?? 0) }
  return e.op('stablehlo.gather', [table, rows], [result], {
    dimension_numbers: `#stablehlo.gather<${numbers.join(', ')}>`,
    indices_are_sorted: 'false',
    slice_sizes: i64Array(shape.with(0, 1)),
  })
}

function scatterRows(e: Emitter, operands: readonly Ssa[], mode: OpParams['scatter_rows']['mode']): readonly Ssa[] {
  const [table, rows, updates] = [at(operands, 0), at(operands, 1), at(operands, 2)]
  const { dtype, shape } = table.type
  const numbers = [
    `update_window_dims = ${list(rowDims(shape.length))}`,
    'inserted_window_dims = [0]',
    'scatter_dims_to_operand_dims = [0]',
    'index_vector_dim = 1',
  ]
  const scalarType = { dtype, shape: [] }
  const region =
    mode === 'add' ? scalarRegion(e, dtype, 'add') : e.region([scalarType, scalarType], (inputs) => [at(inputs, 1)])
  const attributes = {
    indices_are_sorted: 'false',
    scatter_dimension_numbers: `#stablehlo.scatter<${numbers.join(', ')}>`,
    unique_indices: String(mode === 'set'),
  }
  return e.op('stablehlo.scatter', [table, rows, updates], [table.type], attributes, [region])
}

export const movementRules: EmitRules<MovementKind> = {
  broadcast_in_dim: (e, op, operands) => [broadcast(e, at(operands, 0), op.params.shape, op.params.dims)],
  reshape: (e, op, operands) => [reshape(e, at(operands, 0), op.params.shape)],
  transpose: (e, op, operands) => [transpose(e, at(operands, 0), op.params.permutation)],
  reverse: (e, op, operands) => [reverse(e, at(operands, 0), op.params.dims)],
  slice: (e, { params }, operands) => [slice(e, at(operands, 0), params.start, params.limit, params.stride)],
  pad: (e, { params }, operands) => [
    pad(e, at(operands, 0), params.low, params.high, params.interior, at(operands, 1)),
  ],
  concatenate: (e, op, operands) => [concatenate(e, operands, op.params.dim)],
  dynamic_slice: (e, op, operands) => {
    const type = { dtype: at(operands, 0).type.dtype, shape: op.params.sizes }
    return e.op('stablehlo.dynamic_slice', operands, [type], { slice_sizes: i64Array(op.params.sizes) })
  },
  dynamic_update_slice: (e, _op, operands) => e.op('stablehlo.dynamic_update_slice', operands, [at(operands, 0).type]),
  gather_rows: (e, _op, operands) => gatherRows(e, at(operands, 0), at(operands, 1)),
  scatter_rows: (e, op, operands) => scatterRows(e, operands, op.params.mode),
}
