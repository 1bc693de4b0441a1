/**
 * Cheap recomputation: forward tensors that the backward pass needs, and that elementwise ops can compute from other tensors in
 * memory, are not kept but recomputed in the backward pass (Chen et al., Training deep nets with sublinear memory cost,
 * arXiv:1604.06174, with no matrix product or convolution computed twice). In a residual block these are the inputs of the
 * convolutions, which are normalizations and activations of earlier convolution outputs, and every other sum: of the five tensors
 * of a block, two and a half are kept.
 *
 * Recomputed values read through an optimization barrier that waits until the backward pass gets close, so a compiler neither
 * merges them with the first computation nor computes them early.
 *
 * Legend: x, y [...,C]; mean, variance, scale, offset [C].
 */
import { need } from '../../grammar/diagnostic.ts'
import { GraphBuilder } from './build.ts'
import { byteSize } from './dtype.ts'
import { isInner } from './fusion.ts'
import { type Graph, type Op, type OpOf, operandAt, resultAt, type Value } from './graph.ts'
import * as ops from './ops.ts'

/** Whether a graph recomputes anything in its backward pass; barriers occur only there. */
export function recomputes(graph: Graph): boolean {
  return graph.ops.some((op) => op.kind === 'optimization_barrier' || op.regions.some(recomputes))
}

/** Tensors smaller than this number of bytes (statistics, per-channel weights) are always kept. */
const defaultSmall = 2 ** 16

/** A value is recomputed from at most this many large tensors; beyond that it is kept, and others can be recomputed from it. */
const maxReads = 2

interface Choice {
  /** The values that the backward pass recomputes. */
  readonly again: ReadonlySet<Value>
  /** The large values from which a value can be computed: the value itself if it is kept. */
  readonly readsOf: (value: Value) => ReadonlySet<Value>
}

/** Whether ops that need only one pass over their operands compute this value. */
function isCheap(value: Value): boolean {
  return value.op.kind !== 'input' && value.index === 0 && isInner(value.op)
}

function isForward(op: Op): boolean {
  return op.origin.phase === 'forward'
}

/** Forward values that the backward pass reads. */
function readByBackward(graph: Graph): Set<Value> {
  const operands = graph.ops.filter((op) => op.origin.phase === 'backward').flatMap((op) => op.operands)
  return new Set(operands.filter((value) => isForward(value.op)))
}

function choose(graph: Graph, isSmall: (value: Value) => boolean): Choice {
  const wanted = readByBackward(graph)
  const kept = new Set([...wanted].filter((value) => !isCheap(value)))
  const again = new Set<Value>()
  const reads = new Map<Value, ReadonlySet<Value>>()
  const readsOf = (value: Value) => need(reads.get(value), 'the reads of a value')
  const bytesBeside = (values: ReadonlySet<Value>) =>
    [...values].reduce((sum, value) => sum + (kept.has(value) ? 0 : byteSize(value.type)), 0)
  for (const value of graph.ops.filter(isForward).flatMap((op) => op.results)) {
    if (isSmall(value)) {
      reads.set(value, new Set())
      continue
    }
    const found = isCheap(value) ? new Set(value.op.operands.flatMap((operand) => [...readsOf(operand)])) : undefined
    const possible = found !== undefined && found.size <= maxReads
    // Keeping other values just to recompute this one must save memory.
    const pays = possible && bytesBeside(found) <= byteSize(value.type) / 2
    const remade = wanted.has(value) ? pays : possible
    reads.set(value, remade && found !== undefined ? found : new Set([value]))
    if (!wanted.has(value)) continue
    if (remade) again.add(value)
    for (const read of readsOf(value)) kept.add(read)
  }
  return { again, readsOf }
}

/**
 * The graph with cheap forward values recomputed in the backward pass; the results are the same. Tensors smaller than `small`
 * bytes are unchanged.
 */
export function recomputeCheap(graph: Graph, small: number = defaultSmall): Graph {
  const isSmall = (value: Value) => byteSize(value.type) < small
  const { again, readsOf } = choose(graph, isSmall)
  const b = new GraphBuilder(graph.name, graph.replicas)
  const copies = new Map<Value, Value>()
  const copyOf = (value: Value) => need(copies.get(value), `%${value.id}`)
  const second = new Map<Value, Value>()
  /** The last tensor of the backward pass that is in memory. */
  let latest: Value | undefined

  function makeAgain(value: Value): Value {
    const made = second.get(value)
    if (made !== undefined) return made
    const result = remake(value)
    second.set(value, result)
    return result
  }

  function remake(value: Value): Value {
    if (isSmall(value)) return copyOf(value)
    const { op } = value
    if (readsOf(value).has(value)) {
      const late = latest === undefined ? [] : [latest]
      return need(b.addAll('optimization_barrier', [copyOf(value), ...late], {})[0], 'a barrier')
    }
    return b.within({ ...op.origin, phase: 'backward' }, () =>
      op.kind === 'batch_norm_training'
        ? normalizeAgain(b, op, makeAgain(operandAt(op, 0)), copyOf)
        : b.add(op.kind, op.operands.map(makeAgain), op.params, op.regions),
    )
  }

  for (const op of graph.ops) {
    const isBackward = op.origin.phase === 'backward'
    const results = b.within(op.origin, () => {
      if (op.kind === 'input') return [b.input(op.params.name, resultAt(op, 0).type)]
      const operands = op.operands.map((value) => (isBackward && again.has(value) ? makeAgain(value) : copyOf(value)))
      return b.addAll(op.kind, operands, op.params, op.regions)
    })
    for (const value of op.results) copies.set(value, need(results[value.index], 'a result'))
    const [first] = results
    if (isBackward && first !== undefined && !isInner(op) && !isSmall(first)) latest = first
  }
  return b.finish(graph.outputs.map(({ name, value }) => ({ name, value: copyOf(value) })))
}

/** y of a batch normalization with known statistics. */
function normalizeAgain(
  b: GraphBuilder,
  op: OpOf<'batch_norm_training'>,
  x: Value,
  copyOf: (value: Value) => Value,
): Value {
  const [scale, offset] = [copyOf(operandAt(op, 1)), copyOf(operandAt(op, 2))]
  const [mean, variance] = [copyOf(resultAt(op, 1)), copyOf(resultAt(op, 2))]
  const { shape, dtype } = x.type
  const along = (channel: Value) => ops.broadcastVector(b, channel, shape, shape.length - 1)
  const inverse = ops.rsqrt(b, ops.add(b, variance, op.params.epsilon))
  const centered = ops.subtract(b, ops.convert(b, x, mean.type.dtype), along(mean))
  const scaled = ops.multiply(b, centered, along(ops.multiply(b, scale, inverse)))
  return ops.convert(b, ops.add(b, scaled, along(offset)), dtype)
}
