import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { graphCost, opCosts } from '../../../compiler/ir/cost.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { allOpCases } from '../../ops/all-op-cases.ts'

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const

function graphOf(
  shapes: readonly (readonly number[])[],
  build: (b: GraphBuilder, v: readonly Value[]) => Value | readonly Value[],
  replicas = 1,
): Graph {
  const b = new GraphBuilder('cost', replicas)
  const values = shapes.map((shape, i) => b.input(`x${i}`, f32(...shape)))
  return b.finish([build(b, values)].flat().map((value, i) => ({ name: `y${i}`, value })))
}

describe('costs by hand', () => {
  const same = [
    [1, 1],
    [1, 1],
  ] as const
  const params = { stride: [1, 1], padding: same, groups: 1 } as const

  it('of a convolution and of both its gradients', () => {
    // [2,5,4,3] with a 3×3 filter to 2 channels: 2·5·4·2 results of 3·3·3 multiply-adds.
    const flops = 2 * (2 * 5 * 4 * 2) * 27
    const [x, w, y] = [
      [2, 5, 4, 3],
      [3, 3, 3, 2],
      [2, 5, 4, 2],
    ]
    const [bytesX, bytesW, bytesY] = [4 * 120, 4 * 54, 4 * 80]
    const graphs = [
      graphOf([x ?? [], w ?? []], (b, v) => b.add('conv2d', v, params)),
      graphOf([y ?? [], w ?? []], (b, v) => b.add('conv2d_input_grad', v, { ...params, inputShape: x ?? [] })),
      graphOf([x ?? [], y ?? []], (b, v) => b.add('conv2d_filter_grad', v, { ...params, filterShape: w ?? [] })),
    ]
    const costs = graphs.map((graph) => graphCost(graph).byClass.conv)
    expect(costs).toEqual([
      { flops, bytesRead: bytesX + bytesW, bytesWritten: bytesY, wireBytes: 0 },
      { flops, bytesRead: bytesY + bytesW, bytesWritten: bytesX, wireBytes: 0 },
      { flops, bytesRead: bytesX + bytesY, bytesWritten: bytesW, wireBytes: 0 },
    ])
  })

  it('of a depthwise convolution', () => {
    const graph = graphOf(
      [
        [1, 4, 4, 8],
        [3, 3, 1, 8],
      ],
      (b, v) => b.add('conv2d', v, { ...params, groups: 8 }),
    )
    expect(graphCost(graph).flops).toBe(2 * 4 * 4 * 8 * 9)
  })

  it('of a matrix product', () => {
    const graph = graphOf(
      [
        [4, 6],
        [5, 6],
      ],
      (b, [x, y]) => ops.matmul(b, x as Value, y as Value, { transposeRhs: true }),
    )
    expect(graphCost(graph).byClass.matmul).toEqual({
      flops: 2 * 4 * 5 * 6,
      bytesRead: 4 * (24 + 30),
      bytesWritten: 4 * 20,
      wireBytes: 0,
    })
  })

  it('of elementwise ops that share a loop: x is read once, the result written once', () => {
    const graph = graphOf([[8]], (b, [x]) => ops.multiply(b, ops.add(b, ops.tanh(b, x as Value), x as Value), 2))
    expect(graphCost(graph)).toMatchObject({ flops: 24, bytesRead: 32, bytesWritten: 32 })
  })

  it('of a sum over what was never written', () => {
    const graph = graphOf([[8]], (b, [x]) => ops.sumAll(b, ops.square(b, x as Value)))
    expect(graphCost(graph)).toMatchObject({ flops: 16, bytesRead: 32, bytesWritten: 4 })
  })

  it('of batch normalization, whose input is read twice', () => {
    const graph = graphOf([[10, 3], [3], [3], [3]], (b, v) => b.addAll('batch_norm_training', v, { epsilon: 1e-5 }))
    expect(graphCost(graph)).toMatchObject({ flops: 150, bytesRead: 2 * 4 * (30 + 9), bytesWritten: 4 * 36 })
  })

  it('of updates in place', () => {
    const graph = graphOf(
      [
        [100, 2],
        [1, 2],
      ],
      (b, [x, u]) => ops.dynamicUpdateSlice(b, x as Value, u as Value, [3, 0]),
    )
    expect(graphCost(graph)).toMatchObject({ bytesRead: 8 + 8, bytesWritten: 8 })
  })

  it('of a slice of a large table', () => {
    const graph = graphOf([[100, 2]], (b, [x]) => ops.tanh(b, ops.dynamicSlice(b, x as Value, [3, 0], [1, 2])))
    expect(graphCost(graph)).toMatchObject({ bytesRead: 8, bytesWritten: 8 })
  })

  it.each([
    ['all_reduce', 2 * (3 / 4) * 32],
    ['all_gather', (3 / 4) * 4 * 32],
    ['reduce_scatter', (3 / 4) * 32],
  ] as const)('of %s over 4 replicas', (kind, wireBytes) => {
    const graph = graphOf(
      [[8]],
      (b, v) => (kind === 'all_reduce' ? b.add(kind, v, { reduction: 'sum' }) : b.add(kind, v, { dim: 0 })),
      4,
    )
    expect(graphCost(graph).byClass.collective.wireBytes).toBe(wireBytes)
  })

  it('of a loop: its body as often as it runs', () => {
    const body = new GraphBuilder('body', 1)
    body.input('trip', { dtype: 'i32', shape: [] })
    const x = body.input('x', f32(4, 4))
    const region = body.finish([{ name: 'x', value: ops.matmul(body, x, x) }])
    const graph = graphOf([[4, 4]], (b, v) => b.add('for_loop', v, { trips: 5, invariants: 0 }, [region]))
    expect(graphCost(graph).byClass.matmul.flops).toBe(5 * 2 * 64)
    expect(opCosts(graph).find((cost) => cost.class === 'matmul')).toMatchObject({ times: 5, flops: 128 })
  })

  it('by phase', () => {
    const graph = graphOf([[8]], (b, [x]) => b.within({ phase: 'update' }, () => ops.tanh(b, x as Value)))
    expect(graphCost(graph).byPhase.get('update')?.flops).toBe(8)
  })
})

describe('costs of all op cases', () => {
  it.each(allOpCases)('$name: figures are whole and not negative', (c) => {
    for (const cost of opCosts(c.graph())) {
      for (const figure of [cost.flops, cost.bytesRead, cost.bytesWritten]) {
        expect(Number.isSafeInteger(figure) && figure >= 0, `${cost.op.kind} ${figure}`).toBe(true)
      }
      expect(cost.wireBytes > 0).toBe(cost.class === 'collective' && c.replicas > 1)
    }
  })
})
