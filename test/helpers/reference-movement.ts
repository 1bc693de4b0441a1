/** The reference's rules for the ops that move elements. */
import type { MovementKind } from '../../compiler/ir/op-family.ts'
import {
  at,
  atOr,
  generate,
  indices,
  local,
  operandOf,
  type ReferenceRule,
  resultType,
  scalarOf,
  type Tensor,
} from './reference-tensor.ts'

function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high)
}

/** The starts, clamped so that a part of `sizes` is inside `shape`. */
function startsOf(operands: readonly Tensor[], shape: readonly number[], sizes: readonly number[]): number[] {
  return operands.map((start, dim) => clamp(scalarOf(start), 0, (shape[dim] ?? 0) - (sizes[dim] ?? 0)))
}

const scatterRows: ReferenceRule<'scatter_rows'> = local((op, operands) => {
  const [table, rows, update] = [operandOf(operands, 0), operandOf(operands, 1), operandOf(operands, 2)]
  return [
    generate(resultType(op), ([row = 0, ...rest]) => {
      let value = at(table, [row, ...rest])
      rows.data.forEach((target, k) => {
        if (target !== row) return
        const given = at(update, [k, ...rest])
        value = op.params.mode === 'set' ? given : value + given
      })
      return value
    }),
  ]
})

const concatenate: ReferenceRule<'concatenate'> = local((op, operands) => {
  const { dim } = op.params
  return [
    generate(resultType(op), (index) => {
      let i = index[dim] ?? 0
      for (const part of operands) {
        const size = part.shape[dim] ?? 0
        if (i < size) return at(part, index.with(dim, i))
        i -= size
      }
      return Number.NaN
    }),
  ]
})

const pad: ReferenceRule<'pad'> = local((op, operands) => {
  const x = operandOf(operands, 0)
  const fill = scalarOf(operandOf(operands, 1))
  const { low, interior } = op.params
  return [
    generate(resultType(op), (index) => {
      const from = index.map((i, dim) => (i - (low[dim] ?? 0)) / ((interior[dim] ?? 0) + 1))
      return from.every(Number.isInteger) ? atOr(x, from, fill) : fill
    }),
  ]
})

export const referenceMovement: { readonly [K in MovementKind]: ReferenceRule<K> } = {
  broadcast_in_dim: local((op, operands) => {
    const x = operandOf(operands, 0)
    const { dims } = op.params
    return [
      generate(resultType(op), (index) =>
        at(
          x,
          dims.map((to, from) => (x.shape[from] === 1 ? 0 : (index[to] ?? 0))),
        ),
      ),
    ]
  }),
  reshape: local((op, operands) => [{ ...resultType(op), data: operandOf(operands, 0).data }]),
  transpose: local((op, operands) => {
    const x = operandOf(operands, 0)
    const { permutation } = op.params
    return [
      generate(resultType(op), (index) => {
        const from: number[] = []
        permutation.forEach((dim, i) => {
          from[dim] = index[i] ?? 0
        })
        return at(x, from)
      }),
    ]
  }),
  reverse: local((op, operands) => {
    const x = operandOf(operands, 0)
    const { dims } = op.params
    return [
      generate(x, (index) =>
        at(
          x,
          index.map((i, dim) => (dims.includes(dim) ? (x.shape[dim] ?? 0) - 1 - i : i)),
        ),
      ),
    ]
  }),
  slice: local((op, operands) => {
    const x = operandOf(operands, 0)
    const { start, stride } = op.params
    return [
      generate(resultType(op), (index) =>
        at(
          x,
          index.map((i, dim) => (start[dim] ?? 0) + i * (stride[dim] ?? 1)),
        ),
      ),
    ]
  }),
  pad,
  concatenate,
  dynamic_slice: local((op, operands) => {
    const x = operandOf(operands, 0)
    const starts = startsOf(operands.slice(1), x.shape, op.params.sizes)
    return [
      generate(resultType(op), (index) =>
        at(
          x,
          index.map((i, dim) => i + (starts[dim] ?? 0)),
        ),
      ),
    ]
  }),
  dynamic_update_slice: local((_, operands) => {
    const [x, update] = [operandOf(operands, 0), operandOf(operands, 1)]
    const starts = startsOf(operands.slice(2), x.shape, update.shape)
    return [
      generate(x, (index) =>
        atOr(
          update,
          index.map((i, dim) => i - (starts[dim] ?? 0)),
          at(x, index),
        ),
      ),
    ]
  }),
  gather_rows: local((op, operands) => {
    const [table, rows] = [operandOf(operands, 0), operandOf(operands, 1)]
    const last = (table.shape[0] ?? 0) - 1
    return [generate(resultType(op), ([k = 0, ...rest]) => at(table, [clamp(at(rows, [k]), 0, last), ...rest]))]
  }),
  scatter_rows: scatterRows,
}

/** Folds `x` over `dims`, in index order. */
export function fold(x: Tensor, dims: readonly number[], first: number, f: (a: number, b: number) => number): number[] {
  const kept = x.shape.map((_, dim) => dim).filter((dim) => !dims.includes(dim))
  const keptShape = kept.map((dim) => x.shape[dim] ?? 0)
  const totals: number[] = indices(keptShape).map(() => first)
  for (const index of indices(x.shape)) {
    const flat = kept.reduce((sum, dim, i) => sum * (keptShape[i] ?? 0) + (index[dim] ?? 0), 0)
    totals[flat] = f(totals[flat] ?? Number.NaN, at(x, index))
  }
  return totals
}
