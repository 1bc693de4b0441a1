/**
 * arcc's own kernels against XLA's ops, for each kind of geometry: windows, strides, paddings, groups, channels that do not fill a
 * block, batches that the threads do not divide.
 *
 * Legend: x dx [N,H,W,C], w dw [kh,kw,C/G,O], y dy [N,P,Q,O].
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { DType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import { emitModule } from '../../compiler/stablehlo/emit-module.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { locateKernels } from '../../runtime/xla/native/locate-kernels.ts'
import { openOnEngine } from '../helpers/run-graph.ts'
import { describeOnXla } from '../helpers/xla.ts'

const kernels = await locateKernels(() => {})
const describeNative = kernels.found
  ? describeOnXla
  : (name: string, body: () => void) => describe.skip(`${name} (skipped: ${kernels.reason})`, body)

/** [batch, side, channels, features, window, stride, padding, groups] */
type Row = readonly [number, number, number, number, number, number, number, number]

const rows: readonly Row[] = [
  [4, 9, 3, 64, 3, 1, 1, 1],
  [5, 8, 64, 128, 3, 2, 1, 1],
  [2, 7, 128, 128, 3, 1, 1, 1],
  [3, 8, 64, 64, 1, 1, 0, 1],
  [2, 8, 128, 192, 1, 2, 0, 1],
  [16, 6, 128, 128, 3, 1, 1, 128],
  [3, 9, 64, 64, 3, 2, 1, 64],
  [16, 6, 256, 256, 3, 2, 1, 256],
  [2, 6, 24, 40, 3, 1, 1, 1],
  [2, 8, 24, 24, 3, 1, 1, 24],
  [3, 8, 32, 64, 3, 1, 1, 4],
  [2, 8, 128, 128, 3, 1, 1, 64],
  [1, 12, 16, 48, 5, 1, 2, 1],
  [2, 12, 3, 96, 4, 4, 0, 1],
]

/** Numbers in [-1, 1) that differ, the same in every run. */
function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed + 1
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

const product = (shape: readonly number[]) => shape.reduce((n, dim) => n * dim, 1)

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

async function run(engine: XlaEngine, graph: Graph): Promise<readonly HostTensor[]> {
  const opened = await openOnEngine(engine)(graph)
  const inputs = graph.inputs.map(({ type }, i) => ({ ...type, data: numbers(product(type.shape), i) }))
  const [outputs] = await opened.run([inputs])
  opened.close()
  return need(outputs, 'outputs')
}

/** The largest difference, relative to the largest value. */
function difference(a: HostTensor, b: HostTensor): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array]
  const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? Number.NaN))), 0) / largest
}

describeNative('native kernels', () => {
  let plain: XlaEngine
  let native: XlaEngine
  beforeAll(async () => {
    plain = await createXlaEngine({ world: oneProcess(1), native: false })
    native = await createXlaEngine({ world: oneProcess(1) })
  })
  afterAll(() => {
    plain.dispose()
    native.dispose()
  })

  for (const [dtype, tolerance] of [
    ['f32', 2e-6],
    ['bf16', 0.01],
  ] as const) {
    for (const row of rows) {
      it(`convolution ${row.join(' ')} ${dtype}`, async () => {
        const graph = convolutionGraph(row, dtype)
        expect(emitModule(graph, { platform: 'cpu', native: { bf16: true } })).toContain('arcc_convolution')
        const [expected, found] = [await run(plain, graph), await run(native, graph)]
        for (const [i, tensor] of expected.entries())
          expect(difference(tensor, need(found[i], 'an output'))).toBeLessThan(tolerance)
      })
    }
  }
})
