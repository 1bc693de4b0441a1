/**
 * Writes of rows of several tables that belong together: those of a chunk of class centers and of their optimizer states.
 *
 * The new rows of each table depend on the old rows of the others. XLA for the CPU computes them inside the loop that writes them, one
 * loop for each table, so the old tables would have to outlive the first write: it copies whole tables for each chunk. Behind a barrier,
 * all new rows exist before the first is written, and every table is changed in place.
 */
import type { Graph, Op, Value } from '../ir/graph.ts'
import { operandAt } from '../ir/graph.ts'
import type { OpKind } from '../ir/op.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { at } from './rule.ts'

/** The operand of an op that holds the rows to be written; `undefined` for ops that write none. */
const rowsOperand: Partial<Readonly<Record<OpKind, number>>> = { dynamic_update_slice: 1, scatter_rows: 2 }

/**
 * Called before an op is emitted: before the first write of a graph, all rows that are known by then and written later pass a barrier
 * together. `written` are the values emitted so far.
 */
export function tableWrites(e: Emitter, graph: Graph): (op: Op, written: Map<Value, Ssa>) => void {
  const rows = new Set(
    graph.ops.flatMap((op) => {
      const operand = rowsOperand[op.kind]
      return operand === undefined ? [] : [operandAt(op, operand)]
    }),
  )
  return (op, written) => {
    const operand = rowsOperand[op.kind]
    if (operand === undefined || !rows.has(operandAt(op, operand))) return
    const ready = [...rows].filter((value) => written.has(value))
    for (const value of ready) rows.delete(value)
    if (ready.length < 2) return
    const apart = barrier(
      e,
      ready.flatMap((value) => written.get(value) ?? []),
    )
    for (const [i, value] of ready.entries()) written.set(value, at(apart, i))
  }
}
