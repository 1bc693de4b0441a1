/**
 * Which values a compiler keeps in memory, and which it computes inside the loop that uses them. A model of XLA's fusion, on
 * which the costs and the memory ledger rest:
 *
 * - Elementwise ops, broadcasts, slices and the like ("inner" below) are computed where they are used, as often as they are used,
 *   also in another phase: a backward pass recomputes a ReLU's mask from what the ReLU read.
 * - So is the normalizing half of batch normalization, and the input gradient of its backward pass.
 * - Reductions, transposes, paddings and concatenations take such operands into their own loops, but keep their result.
 * - All else (convolutions, products, collectives, loops, barriers) reads and writes memory.
 * - A value that would be computed from more than `maxReads` tensors is kept, and so is a part that is read of a tensor which is
 *   written in place: its old contents are gone when the last reader comes.
 * - So is what the backward pass reads several times, where computing it each time would take more traffic.
 *
 * For IResNet-50 in f16 this keeps five tensors of each block for the backward pass; beside weights and gradients the peak is
 * 1.9 GB at batch 64 and 3.7 GB at 128, which is what a prototype's steps took when XLA compiled them for a V100.
 */
import { need } from '../../grammar/diagnostic.ts'
import { type RuleCost, ruleCost } from './cost-rules.ts'
import { byteSize, elementCount } from './dtype.ts'
import { fromOhwi, toOhwi } from './filter-order.ts'
import { type Graph, type Op, operandAt, resultAt, type Value } from './graph.ts'
import type { OpKind } from './op.ts'

/** How an op fuses: whose loops it joins. */
interface Role {
  /** Its first result can be computed inside the op that uses it. */
  readonly inner: boolean
  /** The operands that can be computed inside of it. */
  readonly takes: 'all' | 'none' | readonly number[]
}

const inner: Role = { inner: true, takes: 'all' }
const root: Role = { inner: false, takes: 'all' }
const opaque: Role = { inner: false, takes: 'none' }

/** More tensors than this are not read in one loop. */
const maxReads = 32

const roles: { readonly [K in OpKind]: Role } = {
  input: opaque,
  constant: inner,
  iota: inner,
  replica_id: inner,
  abs: inner,
  negate: inner,
  sign: inner,
  floor: inner,
  exponential: inner,
  log: inner,
  sqrt: inner,
  rsqrt: inner,
  tanh: inner,
  logistic: inner,
  sine: inner,
  cosine: inner,
  acos: inner,
  not: inner,
  is_finite: inner,
  convert: inner,
  bitcast: inner,
  add: inner,
  subtract: inner,
  multiply: inner,
  divide: inner,
  remainder: inner,
  power: inner,
  maximum: inner,
  minimum: inner,
  and: inner,
  or: inner,
  xor: inner,
  shift_left: inner,
  shift_right_logical: inner,
  compare: inner,
  select: inner,
  broadcast_in_dim: inner,
  reshape: inner,
  transpose: root,
  reverse: inner,
  slice: inner,
  pad: root,
  concatenate: root,
  dynamic_slice: inner,
  dynamic_update_slice: { inner: false, takes: [1] },
  gather_rows: opaque,
  scatter_rows: opaque,
  reduce_sum: root,
  reduce_max: root,
  reduce_min: root,
  dot_general: opaque,
  conv2d: opaque,
  conv2d_input_grad: opaque,
  conv2d_filter_grad: opaque,
  batch_norm_training: { inner: true, takes: [1, 2, 3] },
  batch_norm_grad: { inner: true, takes: [1, 2, 3, 4] },
  for_loop: opaque,
  optimization_barrier: opaque,
  all_reduce: opaque,
  all_gather: opaque,
  reduce_scatter: opaque,
}

/**
 * A filter between the order of dims in which it is stored and that in which networks are written. Compilers choose the order in
 * memory for what lies between it and its convolution, so that nothing moves.
 */
function isFilterOrder(op: Op): boolean {
  if (op.kind !== 'transpose') return false
  return [fromOhwi, toOhwi].some((order) => order.join() === op.params.permutation.join())
}

function roleOf(op: Op): Role {
  return isFilterOrder(op) ? inner : roles[op.kind]
}

/** Whether an op computes its first result inside the ops that use it: it needs one pass over its operands. */
export function isInner(op: Op): boolean {
  return roleOf(op).inner
}

export interface Fusion {
  /** The values that are written to memory. */
  readonly stored: ReadonlySet<Value>
  /** Bytes that an op reads of each stored value, on its own account and for what is computed inside of it. */
  readonly readsOf: (op: Op) => ReadonlyMap<Value, number>
  /** What the op would cost by itself. */
  readonly ruleOf: (op: Op) => RuleCost
}

interface Found {
  readonly reads: Reads
  readonly rule: RuleCost
}

type Reads = ReadonlyMap<Value, number>

/** Graphs never change: what was found for one stays true. */
const known = new WeakMap<Graph, Fusion>()

/** Applies the model to a graph; loop bodies are graphs of their own. */
export function fuse(graph: Graph): Fusion {
  const before = known.get(graph)
  if (before !== undefined) return before
  const fusion = fuseNew(graph)
  known.set(graph, fusion)
  return fusion
}

function fuseNew(graph: Graph): Fusion {
  const wanted = wantedInMemory(graph)
  const stored = new Set<Value>()
  const found = new Map<Op, Found>()
  const readers = readerCounts(graph)
  for (const op of graph.ops) {
    const rule = ruleCost(op, graph.replicas)
    const reads = collectReads(op, rule, stored, found)
    found.set(op, { reads, rule })
    const { inner: canStayInside } = roleOf(op)
    const tooMany = reads.size > maxReads || isDense(op) || isDearerInside(op, reads, readers)
    op.results.forEach((value, i) => {
      const inside = canStayInside && i === 0 && !tooMany && !wanted.has(value)
      if (!inside) stored.add(value)
    })
  }
  const of = (op: Op) => need(found.get(op), 'an op of the graph')
  return { stored, readsOf: (op) => of(op).reads, ruleOf: (op) => of(op).rule }
}

function readerCounts(graph: Graph): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>()
  for (const op of graph.ops) for (const value of op.operands) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/**
 * Whether a value of the backward pass takes more traffic to compute in each of its readers than to write once and to read. Such
 * are the sums of gradients along the shortcuts of a residual network: without this they would grow longer with each block.
 */
function isDearerInside(op: Op, reads: Reads, readers: ReadonlyMap<Value, number>): boolean {
  if (op.origin.phase !== 'backward') return false
  const value = resultAt(op, 0)
  const times = readers.get(value) ?? 0
  const own = byteSize(value.type)
  const inside = Array.from(reads.values()).reduce((sum, bytes) => sum + bytes, 0)
  return times > 1 && inside * times > inside + own + own * times
}

/** Whether an op only gives its operands another type: a barrier, or another shape or order of a filter that lies in memory. */
export function isView(op: Op, fusion: Fusion): boolean {
  if (op.kind === 'optimization_barrier') return true
  return (op.kind === 'reshape' || isFilterOrder(op)) && op.operands.every((value) => fusion.stored.has(value))
}

/** Dense data lies in memory; a repeated number does not. */
function isDense(op: Op): boolean {
  return op.kind === 'constant' && typeof op.params.value !== 'number' && elementCount(op.params.shape) > 1
}

/** Outputs, operands of ops that read memory, and parts of tensors that are later written in place. */
function wantedInMemory(graph: Graph): Set<Value> {
  const wanted = new Set(graph.outputs.map((output) => output.value))
  const overwritten = new Set(graph.ops.flatMap((op) => (op.kind === 'dynamic_update_slice' ? [operandAt(op, 0)] : [])))
  for (const op of graph.ops) {
    const { takes } = roleOf(op)
    op.operands.forEach((value, i) => {
      if (takes === 'none' || (takes !== 'all' && !takes.includes(i))) wanted.add(value)
      // Where only one tensor is written, its part is read by the loop that writes it.
      if (op.kind === 'dynamic_slice' && i === 0 && overwritten.size > 1 && overwritten.has(value))
        wanted.add(resultAt(op, 0))
    })
  }
  return wanted
}

function collectReads(op: Op, rule: RuleCost, stored: ReadonlySet<Value>, found: ReadonlyMap<Op, Found>): Reads {
  const inside = (value: Value) => need(found.get(value.op), 'an operand before its reader').reads
  const [only, ...more] = op.operands
  if (only !== undefined && more.length === 0 && !stored.has(only)) return inside(only)
  const reads = new Map<Value, number>()
  const note = (value: Value, bytes: number) => reads.set(value, Math.max(reads.get(value) ?? 0, bytes))
  op.operands.forEach((value, i) => {
    if (stored.has(value)) note(value, rule.reads[i] ?? 0)
    else for (const [read, bytes] of inside(value)) note(read, bytes)
  })
  return reads
}
