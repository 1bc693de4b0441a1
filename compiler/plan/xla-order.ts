/**
 * What XLA's own ops for the CPU keep in memory beyond what the graph needs, where arcc's own kernels are missing:
 *
 * - The gradients of filters whose formulation is a convolution come last: nothing but the update reads them, and their transposed
 *   operands take memory before they free any. What they read stays in memory until then.
 * - So do the gradient of the centers and their update. What they read stays in memory: the gradient of the logits, the normalized
 *   centers.
 * - The distances of a normalization from its mean are stored for its sums, in f32.
 * - A transposed operand of a filter's gradient lies beside what the other gradients still read; so do the padded images of one that
 *   is a product per window row, and a row's copy of them.
 * - A product of 16-bit tensors is computed of copies in f32, which last as long as it runs.
 * - The sums of residual streams are stored, and not the terms that they are computed from.
 * - Blocks of memory of different sizes leave gaps between them.
 *
 * Compared with XLA's figures by `npm run bench:ledger -- --on cpu`.
 *
 * Legend: x dx [N,H,W,C], dy [N,P,Q,O].
 */
import { byteSize, dtypeBytes, sameShape } from '../ir/dtype.ts'
import { fuse, isInner } from '../ir/fusion.ts'
import { type Graph, type Op, type OpOf, operandAt, type Value } from '../ir/graph.ts'
import { recomputes } from '../ir/recompute.ts'
import { filterGradForm } from '../stablehlo/conv-choice.ts'
import { geometryOfOp } from '../stablehlo/conv-geometry.ts'
import { longSums } from '../stablehlo/long-sums.ts'
import type { ProgramMemory } from './native-memory.ts'

/** The gaps, as a share of the memory that a step needs beyond state and inputs. */
const gapShare = 0.05

/** Whether an op is a filter's gradient that XLA computes after the rest of the backward pass. */
function isLast(op: Op): boolean {
  if (op.kind !== 'conv2d_filter_grad' || op.origin.phase !== 'backward') return false
  const form = filterGradForm('cpu', geometryOfOp(op))
  return form === 'plain' || form === 'tiles'
}

/** What of the head the backward pass does not need: the gradient of the centers and their update. */
function updateOfCenters(graph: Graph): ReadonlySet<Op> {
  const needed = new Set<Op>()
  for (const op of graph.ops.toReversed()) {
    if (op.origin.phase !== 'backward' && !needed.has(op)) continue
    for (const { op: source } of op.operands) needed.add(source)
  }
  return new Set(graph.ops.filter((op) => op.origin.phase === 'head' && op.kind !== 'input' && !needed.has(op)))
}

/** The graph with its ops in XLA's order. Barriers of recomputation set the order of a graph that has them. */
export function inXlaOrder(graph: Graph): Graph {
  if (recomputes(graph)) return graph
  const end = 1 + graph.ops.findLastIndex((op) => op.origin.phase === 'backward')
  const moved = new Set<Op>(end === 0 ? [] : updateOfCenters(graph))
  for (const op of graph.ops.slice(0, end))
    if (isLast(op) || op.operands.some((value) => moved.has(value.op))) moved.add(op)
  const before = graph.ops.slice(0, end).filter((op) => !moved.has(op))
  return { ...graph, ops: [...before, ...moved, ...graph.ops.slice(end)] }
}

/**
 * Bytes of a stored value: convolutions of 16-bit tensors are computed in f32, and XLA stores the result as it is, for the ops that
 * read it compute in f32 too.
 */
function xlaBytes(value: Value, wide: ReadonlySet<Value>): number {
  const { op, type } = value
  const isWide = wide.has(value) || op.kind === 'conv2d' || op.kind === 'conv2d_input_grad'
  return byteSize(isWide && dtypeBytes[type.dtype] === 2 ? { ...type, dtype: 'f32' } : type)
}

/** Bytes that a filter's gradient by window rows needs: first the images and the padded ones, then these and the copy for a row. */
function rowsWorkspace(op: OpOf<'conv2d_filter_grad'>): number {
  const { batch, image, padding, channels, result, window } = geometryOfOp(op)
  const sum = ([before, after]: readonly [number, number]) => before + after
  const f32 = (...shape: readonly number[]) => byteSize({ dtype: 'f32', shape })
  const given = f32(batch, ...image, channels)
  const [vertical, horizontal] = padding
  const padded = f32(batch, image[0] + sum(vertical), image[1] + sum(horizontal), channels)
  const row = f32(batch, ...result, window[1], channels)
  return padded === given ? row : Math.max(padded, padded - given + row)
}

/**
 * The graph with products of 16-bit tensors that read what is in memory. The loop that copies an operand to f32 also computes it where
 * it follows from one tensor of its type: an activation from its input. XLA does that for each copy instead of storing the operand.
 */
function withSources(graph: Graph): Graph {
  const fusion = fuse(graph)
  const sourceOf = (value: Value): Value => {
    const { op, type } = value
    if (dtypeBytes[type.dtype] !== 2 || !isInner(op)) return value
    const [source, ...others] = [...fusion.readsOf(op).keys()].filter((read) => byteSize(read.type) >= byteSize(type))
    const isOnly = source !== undefined && others.length === 0
    return isOnly && source.type.dtype === type.dtype && sameShape(source.type.shape, type.shape) ? source : value
  }
  const ops = graph.ops.map((op): Op => {
    if (op.kind !== 'dot_general') return op
    const operands = op.operands.map(sourceOf)
    return operands.every((value, i) => value === op.operands[i]) ? op : { ...op, operands }
  })
  return { ...graph, ops }
}

/** Computed operands that no product of the backward pass reads, nor any other op: only their copies in f32 exist. */
function onlyWide(graph: Graph): ReadonlySet<Value> {
  const operands = graph.ops.flatMap((op) => (op.kind === 'dot_general' ? op.operands : []))
  const found = new Set(operands.filter(({ op, type }) => isInner(op) && dtypeBytes[type.dtype] === 2))
  for (const op of graph.ops)
    if (op.kind !== 'dot_general' || op.origin.phase === 'backward')
      for (const value of op.operands) found.delete(value)
  return found
}

/** Bytes of the copies in f32 that a product of 16-bit tensors is computed of; those of `wide` are in memory. */
function widenedOperands(op: OpOf<'dot_general'>, wide: ReadonlySet<Value>): number {
  const copies = op.operands.filter((value) => dtypeBytes[value.type.dtype] === 2 && !wide.has(value))
  return copies.reduce((sum, { type }) => sum + byteSize({ ...type, dtype: 'f32' }), 0)
}

/** Bytes that an op needs while it runs, besides what it reads and writes. */
function xlaWorkspace(op: Op, wide: ReadonlySet<Value>): number {
  const widened = (value: Value) => byteSize({ dtype: 'f32', shape: value.type.shape })
  if (op.kind === 'batch_norm_training' || op.kind === 'batch_norm_grad') return widened(operandAt(op, 0))
  if (op.kind === 'conv2d_filter_grad' && filterGradForm('cpu', geometryOfOp(op)) === 'rows') return rowsWorkspace(op)
  if (op.kind === 'dot_general') return widenedOperands(op, wide)
  return isLast(op) ? Math.max(...op.operands.map(widened)) : 0
}

/** The graph in XLA's order, and what XLA keeps besides. */
export function xlaMemory(graph: Graph): ProgramMemory {
  const ordered = withSources(inXlaOrder(graph))
  const wide = onlyWide(ordered)
  return {
    graph: ordered,
    kept: {
      stored: longSums,
      workspaceOf: (op) => xlaWorkspace(op, wide),
      bytesOf: (value) => xlaBytes(value, wide),
    },
    gapShare,
  }
}
