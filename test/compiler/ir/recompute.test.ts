/** Recomputation in the backward pass: the same results, fewer tensors kept. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { byteSize, type TensorType } from '../../../compiler/ir/dtype.ts'
import { fuse } from '../../../compiler/ir/fusion.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import { liveness } from '../../../compiler/ir/liveness.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { recomputeCheap } from '../../../compiler/ir/recompute.ts'
import { gradient } from '../../../compiler/ir/vjp.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { runOnReference } from '../../helpers/run-graph.ts'
import { verifyGraph } from '../../helpers/verify-graph.ts'

/** Images [2,6,6,4]: 1152 bytes. */
const image: TensorType = { dtype: 'f32', shape: [2, 6, 6, 4] }
const filter: TensorType = { dtype: 'f32', shape: [3, 3, 4, 4] }
const channel: TensorType = { dtype: 'f32', shape: [4] }
/** Per-channel tensors are small, images are not. */
const small = 256

const sameSize = {
  stride: [1, 1],
  padding: [
    [1, 1],
    [1, 1],
  ],
  groups: 1,
} as const

type Layer = (b: GraphBuilder, x: Value, weight: (type: TensorType) => Value) => Value

const conv: Layer = (b, x, weight) => b.add('conv2d', [x, weight(filter)], sameSize)
const norm: Layer = (b, x, weight) => {
  const [scale, offset] = [weight(channel), weight(channel)]
  // The value near the mean has no gradient: any value works.
  return need(b.addAll('batch_norm_training', [x, scale, offset, offset], { epsilon: 1e-5 })[0], 'y')
}
const relu: Layer = (b, x) => ops.maximum(b, x, 0)
const residual =
  (...layers: readonly Layer[]): Layer =>
  (b, x, weight) =>
    ops.add(
      b,
      layers.reduce((y, layer) => layer(b, y, weight), x),
      x,
    )

const sumOf =
  (one: Layer, other: Layer): Layer =>
  (b, x, weight) =>
    ops.add(b, one(b, x, weight), other(b, x, weight))

/** Gradients of sum(y²)/2 by all weights; y and they are the outputs. */
function trainingGraph(layers: readonly Layer[]): Graph {
  const b = new GraphBuilder('step', 1)
  const weights: Value[] = []
  const x = b.input('x', image)
  const weight = (type: TensorType) => {
    const value = b.input(`w${weights.length}`, type)
    weights.push(value)
    return value
  }
  const y = layers.reduce((value, layer) => layer(b, value, weight), x)
  const found = b.within({ phase: 'backward' }, () => gradient(b, [{ value: y, cotangent: y }], weights))
  return b.finish([
    { name: 'y', value: y },
    ...found.map((value, i) => ({ name: `g${i}`, value: need(value, `gradient ${i}`) })),
  ])
}

/** Large tensors of the forward pass, except the input, that stay in memory until the backward pass reads them. */
function keptBytes(graph: Graph): number {
  const fusion = fuse(graph)
  const backward = graph.ops.filter(
    (op) => op.origin.phase === 'backward' && fusion.stored.has(need(op.results[0], 'a result')),
  )
  const read = new Set(backward.flatMap((op) => [...fusion.readsOf(op).keys()]))
  return [...read]
    .filter((value) => value.op.origin.phase === 'forward' && value.op.kind !== 'input')
    .map((value) => byteSize(value.type))
    .filter((bytes) => bytes >= small)
    .reduce((sum, bytes) => sum + bytes, 0)
}

const imageBytes = byteSize(image)
const block = residual(norm, conv, norm, relu, conv, norm)

describe.each<[string, readonly Layer[], { before: number; after: number }]>([
  // The outputs of both convolutions (the last is the result) and that of relu, computed from the first.
  ['normalization and activation', [conv, norm, relu, conv], { before: 3, after: 2 }],
  // The first convolution, then of each block: the normalized input, two convolutions, the activation, the sum. The convolutions
  // and every other sum stay.
  ['residual blocks', [conv, block, block, block, block], { before: 1 + 4 * 5, after: 1 + 4 * 2 + 2 }],
  // The sum of two convolutions: the backward pass reads neither, so recomputing the sum would keep two tensors instead of one.
  ['what would keep more than it frees', [sumOf(conv, conv), conv], { before: 2, after: 2 }],
])('%s', (_, layers, expected) => {
  const graph = trainingGraph(layers)
  const again = recomputeCheap(graph, small)

  it('is a correct graph', () => {
    expect(verifyGraph(again)).toEqual([])
    expect(again.inputs.map((value) => value.type)).toEqual(graph.inputs.map((value) => value.type))
    expect(again.outputs.map((output) => output.name)).toEqual(graph.outputs.map((output) => output.name))
  })

  it('keeps less', () => {
    expect({ before: keptBytes(graph) / imageBytes, after: keptBytes(again) / imageBytes }).toEqual(expected)
    expect(liveness(again).peak).toBeLessThanOrEqual(liveness(graph).peak)
  })

  it('computes the same', async () => {
    const next = randomOf('recompute')
    const inputs = graph.inputs.map(({ type: { dtype, shape } }) => ({
      dtype,
      shape,
      data: Float32Array.from({ length: byteSize({ dtype, shape }) / 4 }, () => next() - 0.5),
    }))
    const [wanted] = await runOnReference(graph, [inputs])
    const [found] = await runOnReference(again, [inputs])
    wanted?.forEach((tensor, i) => {
      const other = need(found?.[i], 'an output')
      tensor.data.forEach((value, k) => {
        expect(other.data[k]).toBeCloseTo(value, 5)
      })
    })
  })
})
