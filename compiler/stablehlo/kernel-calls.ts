/** The parts of a graph that one kernel each computes in programs with arcc's own kernels: attention, layer normalization, their gradients. */
import { need } from '../../grammar/diagnostic.ts'
import type { Graph, Op, Value } from '../ir/graph.ts'
import { readersOf } from '../ir/readers.ts'
import { type Attention, findAttention } from './attention.ts'
import type { KernelCall } from './kernel-call.ts'
import { findLayerNorms } from './layer-norms.ts'
import { nativeAttention } from './native-call.ts'
import { layerNorm, layerNormGradient } from './native-layer-norm.ts'

export interface KernelCalls {
  /** By the op in whose place the kernel is called. */
  readonly at: ReadonlyMap<Op, KernelCall>
  /** The ops that the outputs need, with the places of calls: nothing of what kernels keep to themselves. */
  readonly needed: ReadonlySet<Op>
}

/** Graphs are immutable, so results can be cached. */
const known = new WeakMap<Graph, KernelCalls>()

export function findKernelCalls(graph: Graph): KernelCalls {
  const found = known.get(graph) ?? placeCalls(graph, [...attentions(graph), ...layerNorms(graph)])
  known.set(graph, found)
  return found
}

function attentions(graph: Graph): readonly KernelCall[] {
  const calls = new Map<Attention, Value[]>()
  for (const [value, attention] of findAttention(graph)) calls.set(attention, [...(calls.get(attention) ?? []), value])
  return [...calls].map(([attention, values]) => ({
    reads: attention.dy === undefined ? [attention.qkv] : [attention.qkv, attention.dy],
    results: [values],
    emit: (e, [qkv, dy]) => [nativeAttention(e, attention, need(qkv, 'qkv'), dy)],
  }))
}

function layerNorms(graph: Graph): readonly KernelCall[] {
  const { forward, backward } = findLayerNorms(graph)
  return [...forward.map(layerNorm), ...backward.map(layerNormGradient)]
}

/** A call stands where all that it reads is known, and before all that reads its results. */
function placeCalls(graph: Graph, calls: readonly KernelCall[]): KernelCalls {
  const positions = new Map(graph.ops.map((op, i) => [op, i]))
  const positionOf = (op: Op) => need(positions.get(op), 'an op of the graph')
  const readers = readersOf(graph)
  const at = new Map<Op, KernelCall>()
  const computed = new Set<Op>()
  for (const call of calls) {
    const values = call.results.flat()
    const known = Math.max(...call.reads.map(({ op }) => positionOf(op)))
    const ops = values.map(({ op }) => op)
    const place = ops.filter((op) => positionOf(op) > known).sort((a, b) => positionOf(a) - positionOf(b))[0]
    if (place === undefined || ops.some((op) => computed.has(op))) continue
    const isRead = values.some((value) => readers.get(value)?.some((op) => positionOf(op) < positionOf(place)))
    if (isRead) continue
    at.set(place, call)
    for (const op of ops) computed.add(op)
  }
  return { at, needed: neededOps(graph, at, computed) }
}

function neededOps(graph: Graph, at: ReadonlyMap<Op, KernelCall>, computed: ReadonlySet<Op>): ReadonlySet<Op> {
  const used = new Set(graph.outputs.map(({ value }) => value))
  const needed = new Set<Op>()
  for (const op of graph.ops.toReversed()) {
    const call = at.get(op)
    if (call === undefined && computed.has(op)) continue
    const results = call === undefined ? op.results : call.results.flat()
    if (!results.some((result) => used.has(result))) continue
    needed.add(op)
    for (const value of call === undefined ? op.operands : call.reads) used.add(value)
  }
  return needed
}
