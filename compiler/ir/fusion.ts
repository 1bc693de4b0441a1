/**
 * Which values a compiler stores in memory, and which it fuses into the loops that use them. A model of XLA's fusion, the basis
 * of the costs and the memory ledger:
 *
 * - Elementwise ops, broadcasts, slices and the like ("inner" below) are computed inside each op that uses them, also in another
 *   phase: a backward pass recomputes a PReLU's mask from the PReLU's input.
 * - The same applies to the normalizing half of batch normalization, and to the input gradient of its backward pass.
 * - Reductions, transposes, paddings and concatenations fuse their operands, but store their result.
 * - Everything else (convolutions, products, collectives, loops, barriers) reads and writes memory.
 * - A value that depends on more than `maxReads` tensors is stored. So is a part read from a tensor that is updated in place: its
 *   old contents no longer exist when the last reader runs.
 * - A value that the backward pass reads several times is stored if recomputing it for each reader would cause more traffic.
 *
 * For IResNet-50 in f16 this stores five tensors per block for the backward pass. In addition to weights and gradients, the peak
 * is 1.9 GB at batch 64 and 3.7 GB at 128, which matches a prototype's steps when XLA compiled them for a V100.
 */
import { need } from '../../grammar/diagnostic.ts'
import { type RuleCost, ruleCost } from './cost-rules.ts'
import { byteSize, elementCount } from './dtype.ts'
import { fromOhwi, toOhwi } from './filter-order.ts'
import { type Graph, type Op, operandAt, resultAt, type Value } from './graph.ts'
import type { OpKind } from './op.ts'

/** How an op fuses with its operands and users. */
interface Role {
  /** Its first result can be computed inside the op that uses it. */
  readonly inner: boolean
  /** The operands that can be computed inside this op. */
  readonly takes: 'all' | 'none' | readonly number[]
}

const inner: Role = { inner: true, takes: 'all' }
const root: Role = { inner: false, takes: 'all' }
const opaque: Role = { inner: false, takes: 'none' }

/** A single loop reads at most this many tensors. */
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
  erf: inner,
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
  max_pool: root,
  max_pool_grad: root,
  batch_norm_training: { inner: true, takes: [1, 2, 3] },
  batch_norm_grad: { inner: true, takes: [1, 2, 3, 4] },
  for_loop: opaque,
  optimization_barrier: opaque,
  all_reduce: opaque,
  all_gather: opaque,
  reduce_scatter: opaque,
}

/**
 * A transpose between a filter's stored dim order and its order in network code. Compilers choose the memory layout of everything
 * between it and its convolution, so nothing is moved.
 */
function isFilterOrder(op: Op): boolean {
  return op.kind === 'transpose' && filterOrders.includes(op.params.permutation.join())
}

const filterOrders: readonly string[] = [fromOhwi.join(), toOhwi.join()]

function roleOf(op: Op): Role {
  return isFilterOrder(op) ? inner : roles[op.kind]
}

/** Whether an op can compute its first result inside the ops that use it: it needs one pass over its operands. */
export function isInner(op: Op): boolean {
  return roleOf(op).inner
}

export interface Fusion {
  /** The values that are stored in memory. */
  readonly stored: ReadonlySet<Value>
  /** Bytes that an op reads from each stored value, for itself and for the ops fused into it. */
  readonly readsOf: (op: Op) => ReadonlyMap<Value, number>
  /** The op's cost without fusion. */
  readonly ruleOf: (op: Op) => RuleCost
}

interface Found {
  readonly reads: Reads
  readonly rule: RuleCost
}

type Reads = ReadonlyMap<Value, number>

/** Graphs are immutable, so results can be cached. */
const known = new WeakMap<Graph, Fusion>()

/** Applies the model to a graph; loop bodies are separate graphs. `kept` are in memory for another reason. */
export function fuse(graph: Graph, kept?: ReadonlySet<Value>): Fusion {
  if (kept !== undefined) return fuseNew(graph, kept)
  const before = known.get(graph)
  if (before !== undefined) return before
  const fusion = fuseNew(graph, new Set())
  known.set(graph, fusion)
  return fusion
}

function fuseNew(graph: Graph, kept: ReadonlySet<Value>): Fusion {
  const wanted = new Set([...wantedInMemory(graph), ...kept])
  const stored = new Set<Value>()
  const found = new Map<Op, Found>()
  const readers = readerCounts(graph)
  for (const op of graph.ops) {
    const rule = ruleCost(op, graph.replicas)
    const reads = collectReads(op, rule, stored, found)
    found.set(op, { reads, rule })
    const { inner: canStayInside } = roleOf(op)
    const tooMany = reads.size > maxReads || isDense(op) || isDearerInside(op, reads, readers)
    for (const value of op.results) {
      const inside = canStayInside && value.index === 0 && !tooMany && !wanted.has(value)
      if (!inside) stored.add(value)
    }
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
 * Whether recomputing a value of the backward pass in each of its readers causes more traffic than storing and reading it. This
 * is the case for sums of gradients along the shortcuts of a residual network: otherwise they would grow longer with each block.
 */
function isDearerInside(op: Op, reads: Reads, readers: ReadonlyMap<Value, number>): boolean {
  if (op.origin.phase !== 'backward') return false
  const value = resultAt(op, 0)
  const times = readers.get(value) ?? 0
  if (times <= 1) return false
  const own = byteSize(value.type)
  let inside = 0
  for (const bytes of reads.values()) inside += bytes
  return inside * times > inside + own + own * times
}

/** Whether an op only changes its operand's type: a barrier, or another shape or dim order of a filter that is in memory. */
export function isView(op: Op, fusion: Fusion): boolean {
  if (op.kind === 'optimization_barrier') return true
  return (op.kind === 'reshape' || isFilterOrder(op)) && op.operands.every((value) => fusion.stored.has(value))
}

/** Dense data is in memory; a repeated number is not. */
function isDense(op: Op): boolean {
  return op.kind === 'constant' && typeof op.params.value !== 'number' && elementCount(op.params.shape) > 1
}

/** Outputs, operands of ops that read memory, and parts of tensors that are updated in place later. */
function wantedInMemory(graph: Graph): Set<Value> {
  const wanted = new Set(graph.outputs.map((output) => output.value))
  const overwritten = new Set(graph.ops.flatMap((op) => (op.kind === 'dynamic_update_slice' ? [operandAt(op, 0)] : [])))
  for (const op of graph.ops) {
    const { takes } = roleOf(op)
    op.operands.forEach((value, i) => {
      if (takes === 'none' || (takes !== 'all' && !takes.includes(i))) wanted.add(value)
      // If only one tensor is written, the loop that writes it also reads the part.
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
