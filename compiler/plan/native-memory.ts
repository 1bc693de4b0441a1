/**
 * What programs for the CPU with arcc's own kernels keep in memory, where that differs from the graph: one kernel computes attention or
 * its gradient, so that nothing in between exists, and what the kernels of normalizations read and write is stored.
 *
 * Legend: qkv [B,T,3·C]; y dy [B,T,C].
 */
import type { Graph, Op, Value } from '../ir/graph.ts'
import type { KeptMemory } from '../ir/liveness.ts'
import { kernelValues } from '../ir/norm-groups.ts'
import { findAttention } from '../stablehlo/attention.ts'

/** The graph with attention read from qkv and dy alone, and what is stored. Bodies of loops keep their ops. */
export function nativeMemory(graph: Graph): { readonly graph: Graph; readonly kept: KeptMemory } {
  const attention = findAttention(graph)
  const stored = new Set(
    [...attention].flatMap(([value, { qkv, dy }]) => [value, qkv, ...(dy === undefined ? [] : [dy])]),
  )
  return {
    graph: attention.size === 0 ? graph : withAttention(graph, attention),
    kept: { stored: (one) => new Set([...kernelValues(one), ...stored]) },
  }
}

function withAttention(graph: Graph, attention: ReturnType<typeof findAttention>): Graph {
  const replaced = graph.ops.map((op): Op => {
    const own = op.results[0] && attention.get(op.results[0])
    return own === undefined ? op : { ...op, operands: own.dy === undefined ? [own.qkv] : [own.qkv, own.dy] }
  })
  const needed = new Set<Value>(graph.outputs.map(({ value }) => value))
  const ops = replaced.toReversed().filter((op) => {
    const isNeeded = op.kind === 'input' || op.results.some((value) => needed.has(value))
    if (isNeeded) for (const value of op.operands) needed.add(value)
    return isNeeded
  })
  return { ...graph, ops: ops.reverse() }
}
