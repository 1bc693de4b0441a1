/**
 * Finds self-attention of several heads and its gradient in a graph, so that one kernel computes either. Otherwise every op on the
 * matrix of all pairs of tokens is a pass over memory, and the backward pass keeps that matrix.
 *
 * A part of the graph is attention if it is what the formula below builds, op by op; a gradient, if it is what differentiating
 * the formula builds. What is found is therefore equal by construction, wherever it comes from.
 *
 * Legend: qkv [B,T,3·C], queries, keys and values of all heads; y dy [B,T,C]; H heads of D = C/H channels.
 */
import { need } from '../../grammar/diagnostic.ts'
import { GraphBuilder } from '../ir/build.ts'
import { sameShape } from '../ir/dtype.ts'
import { placeOutputs } from '../ir/formula.ts'
import { type Graph, type Op, type OpOf, operandAt, resultAt, type Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { readersOf } from '../ir/readers.ts'
import { numberValues } from '../ir/value-numbers.ts'
import { gradient } from '../ir/vjp.ts'

/** How a kernel computes a value: y, or the gradient of qkv if there is `dy`. */
export interface Attention {
  readonly qkv: Value
  readonly dy?: Value
  readonly heads: number
  /** Scores are divided by this number before the softmax. */
  readonly divisor: number
}

/** A thread of the kernel holds two matrices of all pairs of tokens, which should fit into a cache. */
const mostTokens = 512

/** The values of the graph that are attention or its gradient. */
export function findAttention(graph: Graph): ReadonlyMap<Value, Attention> {
  const found = new Map<Value, Attention>()
  const scores = graph.ops.filter(isScores)
  if (scores.length === 0) return found
  const numbers = numberValues(graph)
  const readers = readersOf(graph)
  const note = (value: Value | undefined, attention: Attention) => {
    for (const equal of value === undefined ? [] : numbers.equals(value)) found.set(equal, attention)
  }
  for (const op of scores) {
    const given = attentionOf(op, readers)
    if (given === undefined) continue
    const [y, shares] = placeOutputs(forward(given), numbers, [given.qkv])
    if (y === undefined || shares === undefined) continue
    note(y, given)
    for (const dy of cotangents(numbers.equals(shares).flatMap((value) => readers.get(value) ?? []))) {
      const [dqkv] =
        dy.type.dtype === y.type.dtype && sameShape(dy.type.shape, y.type.shape)
          ? placeOutputs(backward(given), numbers, [given.qkv, dy])
          : []
      note(dqkv, { ...given, dy })
    }
  }
  return found
}

/** A product of two tensors [B,H,T,D] over D, with which attention begins. */
function isScores(op: Op): op is OpOf<'dot_general'> {
  if (op.kind !== 'dot_general') return false
  const { lhsBatch, lhsContract, rhsContract } = op.params
  return lhsBatch.length === 2 && lhsContract[0] === 3 && rhsContract[0] === 3
}

/** The sizes of what may be attention, by its scores. */
function attentionOf(scores: OpOf<'dot_general'>, readers: ReadonlyMap<Value, readonly Op[]>): Attention | undefined {
  const [, heads = 0, tokens = 0] = operandAt(scores, 0).type.shape
  const qkv = [0, 1, 2].reduce<Value | undefined>((value) => value?.op.operands[0], operandAt(scores, 0))
  const scaled = readers.get(resultAt(scores, 0))?.find((op) => op.kind === 'divide')
  const by = scaled?.operands[1]?.op
  const divisor = by?.kind === 'constant' ? by.params.value : undefined
  const isFit =
    qkv?.type.shape.length === 3 &&
    qkv.type.dtype !== 'f64' &&
    (qkv.type.shape[2] ?? 0) % (3 * heads) === 0 &&
    tokens <= mostTokens
  return isFit && typeof divisor === 'number' && divisor > 0 ? { qkv, heads, divisor } : undefined
}

/** The gradients of y that the ops which read the shares may use: one of them is the gradient of the values. */
function cotangents(readers: readonly Op[]): readonly Value[] {
  const products = readers.filter((op) => op.kind === 'dot_general')
  const turned = products.flatMap((op) => op.operands).filter(({ op }) => op.kind === 'transpose')
  return turned.flatMap(({ op }) => operandAt(op, 0).op.operands.slice(0, 1))
}

/** The formula, as the standard library writes it: y, and the shares of each token in each other one, in the type of the values. */
export function attend(
  b: GraphBuilder,
  qkv: Value,
  { heads, divisor }: Pick<Attention, 'heads' | 'divisor'>,
): readonly [Value, Value] {
  const { shape, dtype } = qkv.type
  const [n = 0, t = 0, all = 0] = shape
  const c = all / 3
  const part = (i: number) =>
    ops.transpose(
      b,
      ops.reshape(b, ops.sliceDim(b, qkv, 2, i * c, (i + 1) * c), [n, t, heads, c / heads]),
      [0, 2, 1, 3],
    )
  const batch = { lhsBatch: [0, 1], rhsBatch: [0, 1], lhsContract: [3] }
  const scores = b.add('dot_general', [part(0), part(1)], { ...batch, rhsContract: [3], dtype: 'f32' })
  const scaled = ops.divide(b, scores, divisor)
  const overRow = (x: Value) => ops.broadcastTo(b, x, scaled.type.shape, [0, 1, 2, 3])
  const column = [n, heads, t, 1]
  const near = ops.floor(b, ops.reshape(b, ops.maxOver(b, scaled, [3]), column))
  const powers = ops.exponential(b, ops.subtract(b, scaled, overRow(near)))
  const sums = ops.reshape(b, ops.sumOver(b, powers, [3]), column)
  const shares = ops.convert(b, ops.divide(b, powers, overRow(sums)), dtype)
  const y = b.add('dot_general', [shares, part(2)], { ...batch, rhsContract: [2], dtype })
  return [ops.reshape(b, ops.transpose(b, y, [0, 2, 1, 3]), [n, t, c]), shares]
}

function forward(given: Attention): Graph {
  const b = new GraphBuilder('attention', 1)
  const [y, shares] = attend(b, b.input('qkv', given.qkv.type), given)
  return b.finish([
    { name: 'y', value: y },
    { name: 'shares', value: shares },
  ])
}

function backward(given: Attention): Graph {
  const b = new GraphBuilder('attention', 1)
  const qkv = b.input('qkv', given.qkv.type)
  const [y] = attend(b, qkv, given)
  const [dqkv] = gradient(b, [{ value: y, cotangent: b.input('dy', y.type) }], [qkv])
  return b.finish([{ name: 'dqkv', value: need(dqkv, 'a gradient') }])
}
