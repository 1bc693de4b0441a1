/**
 * Writes of rows of several tables that belong together: those of a chunk of class centers and of their optimizer states.
 *
 * The new rows of each table depend on the old rows of the others. XLA for the CPU computes them inside the loop that writes them, one
 * loop for each table, so the old tables would have to outlive the first write: it copies whole tables for each chunk. Behind a barrier,
 * all new rows exist before the first is written, and every table is changed in place.
 */
import type { Graph, Op, Value } from '../ir/graph.ts'
import { operandAt } from '../ir/graph.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { at } from './rule.ts'

/** The rows that an op writes into a table; `undefined` for ops that write none. */
function rowsOf(op: Op): Value | undefined {
  if (op.kind === 'dynamic_update_slice') return operandAt(op, 1)
  return op.kind === 'scatter_rows' ? operandAt(op, 2) : undefined
}

/**
 * Called before an op is emitted: before the first write of a graph, all rows that are known by then and written later pass a barrier
 * together. `written` are the values emitted so far.
 */
export function tableWrites(e: Emitter, graph: Graph): (op: Op, written: Map<Value, Ssa>) => void {
  const waiting = new Set(graph.ops.flatMap((op) => rowsOf(op) ?? []))
  return (op, written) => {
    const own = rowsOf(op)
    if (own === undefined || !waiting.has(own)) return
    const ready = [...waiting].flatMap((value) => {
      const ssa = written.get(value)
      return ssa === undefined ? [] : [{ value, ssa }]
    })
    for (const { value } of ready) waiting.delete(value)
    if (ready.length < 2) return
    const apart = barrier(
      e,
      ready.map(({ ssa }) => ssa),
    )
    for (const [i, { value }] of ready.entries()) written.set(value, at(apart, i))
  }
}
