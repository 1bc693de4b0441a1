/**
 * What programs for the CPU with arcc's own kernels keep in memory, where that differs from the graph: one kernel computes attention, a
 * layer normalization or the gradient of one, so that nothing in between exists, and what kernels read and write is stored; so are the sums of
 * residual streams.
 */
import type { Graph, Op } from '../ir/graph.ts'
import type { KeptMemory } from '../ir/liveness.ts'
import { kernelValues } from '../ir/norm-groups.ts'
import type { KernelCall } from '../stablehlo/kernel-call.ts'
import { findKernelCalls } from '../stablehlo/kernel-calls.ts'
import { longSums } from '../stablehlo/long-sums.ts'

/** What a program keeps in memory. */
export interface ProgramMemory {
  /** With its ops in the order of the program. */
  readonly graph: Graph
  readonly kept: KeptMemory
  /** What lies unused between tensors, as a share of the memory of a step beyond state and inputs. */
  readonly gapShare: number
}

/** The graph with kernels' results computed from what the kernels read, and what is stored. Bodies of loops keep their ops. */
export function nativeMemory(graph: Graph): ProgramMemory {
  const { at, needed } = findKernelCalls(graph)
  const stored = new Set([...at.values()].flatMap(({ reads, results }) => [...reads, ...results.flat()]))
  const ops = graph.ops.flatMap((op): readonly Op[] => {
    const call = at.get(op)
    if (call !== undefined && needed.has(op)) return resultsOf(call)
    return op.kind === 'input' || needed.has(op) ? [op] : []
  })
  return {
    graph: at.size === 0 ? graph : { ...graph, ops },
    kept: { stored: (one) => new Set([...kernelValues(one), ...longSums(one), ...stored]) },
    gapShare: 0,
  }
}

/** The ops of a kernel's results, where the kernel is called. */
function resultsOf({ reads, results }: KernelCall): readonly Op[] {
  return results.flat().map(({ op }): Op => ({ ...op, operands: reads }))
}
