/** The graphs that measure a computer match their names. */
import { describe, expect, it } from 'vitest'
import { graphCost } from '../../../compiler/ir/cost.ts'
import { deviceTraits } from '../../../compiler/ir/device-traits.ts'
import { byteSize } from '../../../compiler/ir/dtype.ts'
import { need } from '../../../grammar/diagnostic.ts'
import {
  cachedGraph,
  chainGraph,
  convProbe,
  convShapes,
  streamGraph,
  streamKinds,
  streamShapes,
} from '../../../runtime/measure/probes.ts'
import { sampleTensor } from '../../../runtime/measure/time-graphs.ts'

/** malloc reuses memory blocks up to this size, in bytes; it requests larger ones from the system each time. */
const mallocKeeps = 32 * 2 ** 20

it('a chain has as many kernels as links, one after another', () => {
  const graph = chainGraph(5)
  const products = graph.ops.filter((op) => op.kind === 'dot_general')
  expect(products).toHaveLength(5)
  for (const [i, op] of products.slice(1).entries()) expect(op.operands[0]?.op).toBe(products[i])
})

it('what stays in the caches is read and written in each pass of a loop', () => {
  const graph = cachedGraph()
  const loop = need(
    graph.ops.find((op) => op.kind === 'for_loop'),
    'a loop',
  )
  const { bytesRead, bytesWritten } = graphCost(graph)
  const tensor = deviceTraits.cpu.chunkBytes
  expect(loop.operands.map(({ type }) => byteSize(type))).toEqual([tensor, tensor])
  expect(bytesRead + bytesWritten).toBe(32 * 3 * tensor)
})

describe.each(convShapes)('convolutions at %i with %i to %i channels', (...shape) => {
  const { flops, forward, inputGrad, filterGrad, gradients } = convProbe(shape)
  it.each([
    ['forward', forward, 1],
    ['input gradient', inputGrad, 1],
    ['filter gradient', filterGrad, 1],
    ['both gradients', gradients, 2],
  ] as const)('%s', (_, graph, count) => {
    if (graph === undefined) return expect(shape[1]).toBe(3)
    // The rate in the profile is per FLOP of the cost rules, which plans use.
    expect(graphCost(graph).flops).toBe(count * flops)
    for (const { value } of graph.outputs) expect(byteSize(value.type)).toBeLessThanOrEqual(mallocKeeps)
  })
})

describe.each(streamKinds)('streams of %s', (kind) => {
  it.each(streamShapes)('[%i,%i,%i,%i] go through at least 64 MB', (...shape) => {
    const graph = streamGraph(kind, shape)
    const { bytesRead, bytesWritten } = graphCost(graph)
    expect(bytesRead + bytesWritten).toBeGreaterThan(48 * 2 ** 20)
    for (const { value } of graph.outputs) expect(byteSize(value.type)).toBeLessThanOrEqual(mallocKeeps)
  })
})

it.each([
  [{ dtype: 'f32', shape: [3, 5000] }, 15_000],
  [{ dtype: 'u8', shape: [7] }, 7],
  [{ dtype: 'i32', shape: [] }, 1],
] as const)('a sample of %j', (type, count) => {
  const { data } = sampleTensor(type)
  expect(data).toHaveLength(count)
  expect([...data].every(Number.isFinite)).toBe(true)
})
