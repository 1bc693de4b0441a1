/**
 * What XLA's own ops for the CPU keep in memory beyond what the graph needs, where arcc's own kernels are missing:
 *
 * - The gradients of filters whose formulation is a convolution come last: nothing but the update reads them, and their transposed
 *   operands take memory before they free any. What they read stays in memory until then.
 * - The distances of a normalization from its mean are stored for its sums, in f32.
 * - A transposed operand of a filter's gradient lies beside what the other gradients still read.
 * - Blocks of memory of different sizes leave gaps between them.
 *
 * Compared with XLA's figures by `npm run bench:ledger -- --on cpu`.
 *
 * Legend: x dx [N,H,W,C], dy [N,P,Q,O].
 */
import { byteSize, dtypeBytes } from '../ir/dtype.ts'
import { type Graph, type Op, operandAt, type Value } from '../ir/graph.ts'
import { recomputes } from '../ir/recompute.ts'
import { filterGradForm } from '../stablehlo/conv-choice.ts'
import { geometryOfOp } from '../stablehlo/conv-geometry.ts'
import type { ProgramMemory } from './native-memory.ts'

/** The gaps, as a share of the memory that a step needs beyond state and inputs. */
const gapShare = 0.05

/** Whether an op is a filter's gradient that XLA computes after the rest of the backward pass. */
function isLast(op: Op): boolean {
  if (op.kind !== 'conv2d_filter_grad' || op.origin.phase !== 'backward') return false
  const form = filterGradForm('cpu', geometryOfOp(op))
  return form === 'plain' || form === 'tiles'
}

/** The graph with its ops in XLA's order. Barriers of recomputation set the order of a graph that has them. */
export function inXlaOrder(graph: Graph): Graph {
  if (recomputes(graph)) return graph
  const end = 1 + graph.ops.findLastIndex((op) => op.origin.phase === 'backward')
  const moved = new Set<Op>()
  for (const op of graph.ops.slice(0, end))
    if (isLast(op) || op.operands.some((value) => moved.has(value.op))) moved.add(op)
  const before = graph.ops.slice(0, end).filter((op) => !moved.has(op))
  return { ...graph, ops: [...before, ...moved, ...graph.ops.slice(end)] }
}

/**
 * Bytes of a stored value: convolutions of 16-bit tensors are computed in f32, and XLA stores the result as it is, for the ops that
 * read it compute in f32 too.
 */
function xlaBytes({ op, type }: Value): number {
  const isWide = op.kind === 'conv2d' || op.kind === 'conv2d_input_grad'
  return byteSize(isWide && dtypeBytes[type.dtype] === 2 ? { ...type, dtype: 'f32' } : type)
}

/** Bytes that an op needs while it runs, besides what it reads and writes. */
function xlaWorkspace(op: Op): number {
  const widened = (value: Value) => byteSize({ dtype: 'f32', shape: value.type.shape })
  if (op.kind === 'batch_norm_training' || op.kind === 'batch_norm_grad') return widened(operandAt(op, 0))
  return isLast(op) ? Math.max(...op.operands.map(widened)) : 0
}

/** The graph in XLA's order, and what XLA keeps besides. */
export function xlaMemory(graph: Graph): ProgramMemory {
  return { graph: inXlaOrder(graph), kept: { workspaceOf: xlaWorkspace, bytesOf: xlaBytes }, gapShare }
}
