/** Which ops of a graph read its values. */
import type { Graph, Op, Value } from './graph.ts'

/** The ops that read each value, once for each operand, in the order of the graph. */
export function readersOf(graph: Graph): ReadonlyMap<Value, readonly Op[]> {
  const readers = new Map<Value, Op[]>()
  for (const op of graph.ops)
    for (const value of op.operands) {
      const own = readers.get(value)
      if (own === undefined) readers.set(value, [op])
      else own.push(op)
    }
  return readers
}
