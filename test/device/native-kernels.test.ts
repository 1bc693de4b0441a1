/**
 * arcc's own kernels against the reference evaluator, for each kind of geometry: windows, strides, paddings, groups, channels that do not fill a
 * block, batches that the threads do not divide.
 *
 * Legend: x dx [N,H,W,C], w dw [kh,kw,C/G,O], y dy [N,P,Q,O].
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import { type DType, elementCount } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { emitModule } from '../helpers/emit-module.ts'
import { describeNative } from '../helpers/native.ts'
import { openOnEngine, runOnReference, type Tensors } from '../helpers/run-graph.ts'

/** [batch, side, channels, features, window, stride, padding, groups] */
type Row = readonly [number, number, number, number, number, number, number, number]

const rows: readonly Row[] = [
  [4, 7, 3, 64, 3, 1, 1, 1],
  [3, 4, 64, 128, 3, 2, 1, 1],
  [2, 2, 128, 128, 3, 1, 1, 1],
  [3, 4, 64, 64, 1, 1, 0, 1],
  [2, 4, 128, 192, 1, 2, 0, 1],
  [5, 6, 64, 64, 3, 1, 1, 64],
  [4, 6, 256, 256, 3, 2, 1, 256],
  [2, 5, 24, 40, 3, 1, 1, 1],
  [2, 8, 24, 24, 3, 1, 1, 24],
  [3, 5, 32, 64, 3, 1, 1, 4],
  [2, 5, 128, 128, 3, 1, 1, 64],
  [1, 6, 16, 24, 5, 1, 2, 1],
  [2, 8, 3, 96, 4, 4, 0, 1],
]

/** Numbers in [-1, 1) that differ, the same in every run. */
function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed + 1
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** y, dx and dw of one convolution. */
function convolutionGraph([n, side, c, o, k, s, p, g]: Row, dtype: DType): Graph {
  const b = new GraphBuilder('convolution', 1)
  const result = Math.floor((side + 2 * p - k) / s) + 1
  const shapes = { x: [n, side, side, c], w: [k, k, c / g, o], dy: [n, result, result, o] }
  const input = (name: keyof typeof shapes) => {
    const given = b.input(name, { dtype: 'f32', shape: shapes[name] })
    return dtype === 'f32' ? given : b.add('convert', [given], { dtype })
  }
  const [x, w, dy] = [input('x'), input('w'), input('dy')]
  const params = {
    stride: [s, s],
    padding: [
      [p, p],
      [p, p],
    ],
    groups: g,
  } as const
  const outputs = {
    y: b.add('conv2d', [x, w], params),
    dx: b.add('conv2d_input_grad', [dy, w], { ...params, inputShape: shapes.x }),
    dw: b.add('conv2d_filter_grad', [x, dy], { ...params, filterShape: shapes.w }),
  }
  return b.finish(
    Object.entries(outputs).map(([name, value]) => ({
      name,
      value: dtype === 'f32' ? value : b.add('convert', [value], { dtype: 'f32' }),
    })),
  )
}

/** The kernels' results and the reference's. */
async function runBoth(engine: XlaEngine, graph: Graph, shift = 0): Promise<{ found: Tensors; expected: Tensors }> {
  const inputs = graph.inputs.map(({ type }, i) => ({
    ...type,
    data: numbers(elementCount(type.shape), i).map((n) => n + (i === 0 ? shift : 0)),
  }))
  const opened = await openOnEngine(engine)(graph)
  const found = await opened.run([inputs])
  opened.close()
  return { found, expected: await runOnReference(graph, [inputs]) }
}

/** The largest difference, relative to the largest value. */
function difference(a: HostTensor, b: HostTensor): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array]
  const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? Number.NaN))), 0) / largest
}

/** The largest difference of each output. */
function differences({ found, expected }: { found: Tensors; expected: Tensors }): number[] {
  return (expected[0] ?? []).map((tensor, i) => difference(tensor, need(found[0]?.[i], 'an output')))
}

/** A normalization and its gradient, with a PReLU and sums around them as declared. */
function normGraph({ shape, dtype, slope, added, repeatsFirst = false }: Norm): Graph {
  const b = new GraphBuilder('normalization', 1)
  const channels = [shape.at(-1) ?? 0]
  const given = (name: string, dims: readonly number[]) => b.input(name, { dtype: 'f32', shape: dims })
  const large = (name: string) => ops.convert(b, given(name, shape), dtype)
  const x = large('x')
  const scale = given('scale', channels)
  const offset = given('offset', channels)
  const alpha = given('alpha', channels)
  const near = given('near', channels)
  const [z, dz] = [large('z'), large('dz')]
  const [y, mean, variance] = b.addAll('batch_norm_training', [x, scale, offset, near], { epsilon: 1e-5 })
  if (y === undefined || mean === undefined || variance === undefined) throw new Error('three results')
  const along = repeatsFirst
    ? ops.convert(b, ops.broadcastVector(b, alpha, shape, -1), dtype)
    : ops.broadcastVector(b, ops.convert(b, alpha, dtype), shape, -1)
  const isPositive = ops.compare(b, 'GT', y, 0)
  const rectified = slope ? ops.select(b, isPositive, y, ops.multiply(b, along, y)) : y
  const result = added && !slope ? ops.add(b, rectified, z) : rectified
  const c = large('c')
  const negative = slope ? ops.select(b, isPositive, 0, c) : c
  const dy = slope ? ops.add(b, ops.select(b, isPositive, c, 0), ops.multiply(b, negative, along)) : c
  const dims = shape.slice(0, -1).map((_, i) => i)
  const dslope = slope ? ops.sumOver(b, ops.multiply(b, negative, y), dims) : near
  const [dx, dscale, doffset] = b.addAll('batch_norm_grad', [x, scale, mean, variance, dy], { epsilon: 1e-5 })
  if (dx === undefined || dscale === undefined || doffset === undefined) throw new Error('three results')
  const outputs = { result, mean, variance, dx: added ? ops.add(b, dx, dz) : dx, dscale, doffset, dslope }
  return b.finish(Object.entries(outputs).map(([name, value]) => ({ name, value: ops.convert(b, value, 'f32') })))
}

interface Norm {
  readonly shape: readonly number[]
  readonly dtype: 'f32' | 'bf16'
  readonly slope: boolean
  readonly added: boolean
  /** Whether the slopes are repeated before they are narrowed, as networks do. */
  readonly repeatsFirst?: boolean
}

describeNative('native kernels', () => {
  let native: XlaEngine
  beforeAll(async () => {
    native = await createXlaEngine({ world: oneProcess(1), cacheAbove: 50 })
  })
  afterAll(() => native.dispose())

  for (const [dtype, tolerance] of [
    ['f32', 2e-6],
    ['bf16', 0.01],
  ] as const) {
    it.each(dtype === 'f32' ? rows : rows.filter((_, i) => i % 2 === 0))(
      `convolution %i %i %i %i %i %i %i %i in ${dtype}`,
      async (...row) => {
        const graph = convolutionGraph(row, dtype)
        expect(emitModule(graph, { platform: 'cpu', native: { bf16: true } })).toContain('arcc_convolution')
        for (const apart of differences(await runBoth(native, graph))) expect(apart).toBeLessThan(tolerance)
      },
    )

    it.each([
      { shape: [64, 8, 8, 8], slope: true, added: true },
      { shape: [3, 5, 7, 48], slope: true, added: false, repeatsFirst: true },
      { shape: [40, 19], slope: false, added: true },
      { shape: [32, 4, 4, 72], slope: false, added: false },
    ])(`normalization of $shape, slope $slope, added $added in ${dtype}`, async (given) => {
      const graph = normGraph({ ...given, dtype })
      const text = emitModule(graph, { platform: 'cpu', native: { bf16: true } })
      // Everything large is computed inside the two kernels, all conversions aside.
      expect(text.match(/arcc_normalize\w*/g)).toEqual(['arcc_normalize', 'arcc_normalize_grad'])
      const bound = dtype === 'f32' ? 2e-5 : 0.02
      for (const apart of differences(await runBoth(native, graph))) expect(apart).toBeLessThan(bound)
    })
  }

  it('normalizes numbers far from zero', async () => {
    const graph = normGraph({ shape: [16, 4, 4, 40], dtype: 'f32', slope: true, added: false })
    const [result] = differences(await runBoth(native, graph, 1000))
    expect(result).toBeLessThan(1e-3)
  })

  it('a program that calls kernels comes from the compile cache', async () => {
    const graph = convolutionGraph([2, 8, 32, 32, 3, 1, 1, 1], 'f32')
    const open = async () => {
      const engine = await createXlaEngine({ world: oneProcess(1), cacheAbove: 0 })
      const both = await runBoth(engine, graph)
      const { cached } = engine.programs
      engine.dispose()
      return { cached, both }
    }
    await open()
    const { cached, both } = await open()
    expect(cached).toBe(1)
    for (const apart of differences(both)) expect(apart).toBeLessThan(2e-6)
  })
})
