/** Recomputation by blocks: the same gradients; only tensors between blocks and inside the last block are kept. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { byteSize, type TensorType } from '../../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import { liveness } from '../../../compiler/ir/liveness.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { gradientByBlocks } from '../../../compiler/ir/recompute-blocks.ts'
import { stateDonation } from '../../../compiler/ir/state-tensor.ts'
import { gradient } from '../../../compiler/ir/vjp.ts'
import type { Plan } from '../../../compiler/plan/plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { narrowPlan } from '../../helpers/narrow.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { runOnReference } from '../../helpers/run-graph.ts'
import { verifyGraph } from '../../helpers/verify-graph.ts'

/** Rows [8,16]: 512 bytes. */
const rows: TensorType = { dtype: 'f32', shape: [8, 16] }
const square: TensorType = { dtype: 'f32', shape: [16, 16] }

type Layer = (b: GraphBuilder, x: Value, weight: () => Value) => Value

const dense: Layer = (b, x, weight) => ops.tanh(b, ops.matmul(b, x, weight()))
/** Two products parallel to a skip connection: no cut inside. */
const residual: Layer = (b, x, weight) => ops.add(b, dense(b, dense(b, x, weight), weight), x)

const weightsOf = (layer: Layer) => (layer === residual ? 2 : 1)

/** Gradients of sum(y²)/2 by all weights; `shared` uses one weight in every layer. */
function training(layers: readonly Layer[], byBlocks: boolean, shared = false): Graph {
  const b = new GraphBuilder('step', 1)
  const x = b.input('x', rows)
  const count = shared ? 1 : layers.reduce((sum, layer) => sum + weightsOf(layer), 0)
  const weights = Array.from({ length: count }, (_, i) => b.input(`w${i}`, square))
  let taken = 0
  const weight = () => need(weights[shared ? 0 : taken++], 'a weight')
  const y = layers.reduce((value, layer) => layer(b, value, weight), x)
  const seed = { value: y, cotangent: y }
  const found = b.within({ phase: 'backward' }, () =>
    byBlocks ? gradientByBlocks(b, seed, x, weights) : gradient(b, [seed], weights),
  )
  return b.finish([
    { name: 'y', value: y },
    ...found.map((value, i) => ({ name: `g${i}`, value: need(value, `gradient ${i}`) })),
  ])
}

const products = (graph: Graph) => graph.ops.filter((op) => op.kind === 'dot_general').length
const barriers = (graph: Graph) => graph.ops.filter((op) => op.kind === 'optimization_barrier').length

describe.each<[string, readonly Layer[], boolean]>([
  ['a chain', Array.from({ length: 6 }, () => dense), false],
  ['residual blocks', Array.from({ length: 6 }, () => residual), false],
  ['one weight in every layer', Array.from({ length: 6 }, () => residual), true],
  ['a single layer', [dense], false],
])('%s', (_, layers, shared) => {
  const plain = training(layers, false, shared)
  const blocks = training(layers, true, shared)

  it('is a correct graph that computes the same', async () => {
    expect(verifyGraph(blocks)).toEqual([])
    const next = randomOf('blocks')
    const inputs = plain.inputs.map(({ type: { dtype, shape } }) => ({
      dtype,
      shape,
      data: Float32Array.from({ length: byteSize({ dtype, shape }) / 4 }, () => next() - 0.5),
    }))
    const [wanted] = await runOnReference(plain, [inputs])
    const [found] = await runOnReference(blocks, [inputs])
    wanted?.forEach((tensor, i) => {
      tensor.data.forEach((value, k) => {
        const difference = Math.abs(need(need(found?.[i], 'an output').data[k], 'an element') - value)
        expect(difference).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
      })
    })
  })

  it('computes all blocks but the last one twice', () => {
    const forward = layers.reduce((sum, layer) => sum + weightsOf(layer), 0)
    const extra = products(blocks) - products(plain)
    expect(extra).toBeLessThan(forward)
    if (layers.length === 1) expect(barriers(blocks)).toBe(0)
    else {
      expect(extra).toBeGreaterThan(0)
      expect(barriers(blocks)).toBeGreaterThan(0)
    }
  })
})

describe('activations of whole networks', () => {
  const bytes = (plan: Plan) => {
    const { peak, inputs } = liveness(plan.graphs.step, stateDonation(plan.state))
    return peak - inputs
  }
  const planOf = (backbone: string, recompute: string) =>
    narrowPlan({ devices: 1, batch: 32, classes: 100, backbone, train: `recompute = ${recompute}, precision = bf16` })

  it.each([
    ['r50', 0.5],
    ['r100', 0.35],
    ['mbf', 0.45],
    ['vit_t', 0.4],
  ])('%s: at most %f of those without', (backbone, share) => {
    const ratio = bytes(planOf(backbone, 'blocks')) / bytes(planOf(backbone, 'none'))
    expect(ratio).toBeLessThan(share)
  })

  it('nobody has decided: `auto` is decided by the planner, which recomputes nothing that fits', () => {
    expect(barriers(planOf('mbf', 'auto').graphs.step)).toBe(barriers(planOf('mbf', 'none').graphs.step))
  })
})
