/**
 * Writes of rows of several tables that belong together: those of a chunk of class centers and of their optimizer states.
 *
 * The new rows of each table depend on the old rows of the others. XLA for the CPU computes them inside the loop that writes them, one
 * loop for each table, so the old tables would have to outlive the first write: it copies whole tables for each chunk. Behind a barrier,
 * all new rows exist before the first is written, and every table is changed in place.
 */
import type { Graph, Op, Value } from '../ir/graph.ts'
import { rowsWritten } from '../ir/table-rows.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { at } from './rule.ts'

/**
 * Called before an op is emitted: before the first write of a graph, all rows that are known by then and written later pass a barrier
 * together. `written` are the values emitted so far.
 */
export function tableWrites(e: Emitter, graph: Graph): (op: Op, written: Map<Value, Ssa>) => void {
  const waiting = new Set(graph.ops.flatMap((op) => rowsWritten(op) ?? []))
  return (op, written) => {
    const own = rowsWritten(op)
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
