/** The ops that move elements without computing. */
import { elementCount } from '../../compiler/ir/dtype.ts'
import type { MovementKind } from '../../compiler/ir/op-family.ts'
import { need } from '../../grammar/diagnostic.ts'
import {
  broadcasted,
  concatenated,
  moveAll,
  padded,
  reshaped,
  reversed,
  sliced,
  transposed,
  updated,
} from './movement.ts'
import { type InterpretRule, local, operandOf } from './rule.ts'
import {
  asDense,
  asFloat,
  denseValue,
  floatsOf,
  floatValue,
  hostFloats,
  type RuleContext,
  type RuntimeValue,
  scalarOf,
  share,
} from './value.ts'

/** The scalars `starts`, each clamped so that the box of `sizes` is inside `shape`. */
function clampedStarts(
  starts: readonly RuntimeValue[],
  shape: readonly number[],
  sizes: readonly number[],
): readonly number[] {
  return shape.map((dim, i) => clamp(scalarOf(operandOf(starts, i)), dim - (sizes[i] as number)))
}

function clamp(index: number, last: number): number {
  return Math.min(Math.max(index, 0), last)
}

const gatherRows: InterpretRule<'gather_rows'> = local((cx, _, operands, type) => {
  const table = operandOf(operands, 0)
  const last = (table.shape[0] as number) - 1
  const rows = Array.from(asDense(operandOf(operands, 1)).data, (row) => clamp(row, last))
  const width = elementCount(table.shape.slice(1))
  return moveAll(cx, type.shape, [table], {
    loops: (to, [from]) => {
      const source = need(from, 'the table')
      rows.forEach((row, k) => {
        to.set(source.subarray(row * width, (row + 1) * width), k * width)
      })
    },
    kernels: ([from]) => cx.tf.gather(need(from, 'the table'), cx.tf.tensor1d(rows, 'int32')),
  })
})

/** For each row inside the table: its position in `rows`, and its row number. */
function rowsInside(numbers: RuntimeValue, table: RuntimeValue): readonly (readonly [number, number])[] {
  const count = table.shape[0] as number
  return Array.from(asDense(numbers).data, (row, k): [number, number] => [k, row]).filter(
    ([, row]) => row >= 0 && row < count,
  )
}

const scatterRows: InterpretRule<'scatter_rows'> = local((cx, op, operands, type) => {
  const table = operandOf(operands, 0)
  const rows = operandOf(operands, 2)
  const inside = rowsInside(operandOf(operands, 1), table)
  if (inside.length === 0) return share(table)
  if (op.params.mode === 'add') return addRows(cx, table, rows, inside)
  const width = elementCount(type.shape.slice(1))
  return moveAll(cx, type.shape, [table, rows], {
    loops: (to, [from, updates]) => {
      const source = need(updates, 'the rows')
      to.set(need(from, 'the table'))
      for (const [k, row] of inside) to.set(source.subarray(k * width, (k + 1) * width), row * width)
    },
    kernels: ([from, updates]) => {
      const kept = cx.tf.gather(need(updates, 'the rows'), placesOf(inside))
      return cx.tf.tensorScatterUpdate(need(from, 'the table'), rowIndices(cx, inside), kept)
    },
  })
})

const placesOf = (inside: readonly (readonly [number, number])[]): number[] => inside.map(([k]) => k)

function rowIndices(cx: RuleContext, inside: readonly (readonly [number, number])[]) {
  return cx.tf.tensor2d(
    inside.map(([, row]) => row),
    [inside.length, 1],
    'int32',
  )
}

function addRows(
  cx: RuleContext,
  table: RuntimeValue,
  rows: RuntimeValue,
  inside: readonly (readonly [number, number])[],
): RuntimeValue {
  const width = elementCount(table.shape.slice(1))
  if (table.kind === 'dense') {
    const data = table.data.slice()
    addInto(data, asDense(rows).data, inside, width)
    return denseValue(table, data)
  }
  const updates = asFloat(rows).tensor
  if (cx.ownLoops) {
    const data = Float32Array.from(floatsOf(table.tensor))
    addInto(data, floatsOf(updates), inside, width)
    return hostFloats(cx, table, data)
  }
  const kept = cx.tf.gather(updates, placesOf(inside))
  const sums = cx.tf.scatterND(rowIndices(cx, inside), kept, [...table.shape] as [number])
  return floatValue(cx, table, cx.tf.add(table.tensor, sums))
}

type Numbers = Float32Array | Int32Array | Uint32Array | Uint8Array | Int8Array

function addInto(table: Numbers, rows: Numbers, inside: readonly (readonly [number, number])[], width: number): void {
  for (const [k, row] of inside) {
    for (let c = 0; c < width; c++) {
      table[row * width + c] = (table[row * width + c] as number) + (rows[k * width + c] as number)
    }
  }
}

export const movementRules: { readonly [K in MovementKind]: InterpretRule<K> } = {
  broadcast_in_dim: local((cx, op, operands) => broadcasted(cx, operandOf(operands, 0), op.params)),
  reshape: local((cx, op, operands) => reshaped(cx, operandOf(operands, 0), op.params.shape)),
  transpose: local((cx, op, operands) => transposed(cx, operandOf(operands, 0), op.params.permutation)),
  reverse: local((cx, op, operands) => reversed(cx, operandOf(operands, 0), op.params.dims)),
  slice: local((cx, op, operands) => sliced(cx, operandOf(operands, 0), op.params)),
  pad: local((cx, op, operands) => padded(cx, operandOf(operands, 0), operandOf(operands, 1), op.params)),
  concatenate: local((cx, op, operands) => concatenated(cx, operands, op.params.dim)),
  dynamic_slice: local((cx, op, operands) => {
    const x = operandOf(operands, 0)
    const { sizes } = op.params
    const start = clampedStarts(operands.slice(1), x.shape, sizes)
    const limit = start.map((from, i) => from + (sizes[i] as number))
    return sliced(cx, x, { start, limit, stride: sizes.map(() => 1) })
  }),
  dynamic_update_slice: local((cx, _, operands) => {
    const x = operandOf(operands, 0)
    const update = operandOf(operands, 1)
    return updated(cx, x, update, clampedStarts(operands.slice(2), x.shape, update.shape))
  }),
  gather_rows: gatherRows,
  scatter_rows: scatterRows,
}
