/**
 * What programs for the CPU with arcc's own kernels keep in memory, where that differs from the graph: one kernel computes attention or
 * its gradient, so that nothing in between exists, and what the kernels of normalizations read and write is stored; so are the sums of
 * residual streams.
 *
 * Legend: qkv [B,T,3·C]; y dy [B,T,C].
 */
import type { Graph, Op, Value } from '../ir/graph.ts'
import type { KeptMemory } from '../ir/liveness.ts'
import { kernelValues } from '../ir/norm-groups.ts'
import { type Attention, findAttention, neededOps, readValues } from '../stablehlo/attention.ts'
import { longSums } from '../stablehlo/long-sums.ts'

/** What a program keeps in memory. */
export interface ProgramMemory {
  /** With its ops in the order of the program. */
  readonly graph: Graph
  readonly kept: KeptMemory
  /** What lies unused between tensors, as a share of the memory of a step beyond state and inputs. */
  readonly gapShare: number
}

/** The graph with attention read from qkv and dy alone, and what is stored. Bodies of loops keep their ops. */
export function nativeMemory(graph: Graph): ProgramMemory {
  const attention = findAttention(graph)
  const stored = new Set([...attention.keys()].flatMap((value) => [value, ...readValues(value.op, attention)]))
  return {
    graph: attention.size === 0 ? graph : withAttention(graph, attention),
    kept: { stored: (one) => new Set([...kernelValues(one), ...longSums(one), ...stored]) },
    gapShare: 0,
  }
}

function withAttention(graph: Graph, attention: ReadonlyMap<Value, Attention>): Graph {
  const needed = neededOps(graph, attention)
  const ops = graph.ops
    .filter((op) => op.kind === 'input' || needed.has(op))
    .map((op): Op => {
      const operands = readValues(op, attention)
      return operands === op.operands ? op : { ...op, operands }
    })
  return { ...graph, ops }
}
