/**
 * The kernels of layer normalization and of its gradient against the reference: channels that do not fill a vector, more rows than a
 * part has, numbers far from zero, numbers that are not finite.
 *
 * Legend: x y dy r dx [...,C]; scale offset dscale doffset [C].
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { DType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { gradient } from '../../compiler/ir/vjp.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { emitModule } from '../helpers/emit-module.ts'
import { numbersOf } from '../helpers/host-tensor.ts'
import { normalizeRows } from '../helpers/layer-norm.ts'
import { describeNative } from '../helpers/native.ts'
import { randomOf } from '../helpers/op-case.ts'
import { openOnEngine, runOnReference } from '../helpers/run-graph.ts'

interface Row {
  readonly shape: readonly number[]
  /** Of x, and of y and dy. */
  readonly types: readonly [DType, DType]
  /** Whether a gradient r has reached x before. */
  readonly reached: boolean
  /** Added to the numbers of x. */
  readonly shift: number
  /** Of the largest number. */
  readonly tolerance: number
}

const plain = { types: ['f32', 'f32'], reached: false, shift: 0, tolerance: 2e-6 } as const
const rows: readonly Row[] = [
  { ...plain, shape: [3, 40] },
  { ...plain, shape: [2, 5, 20], reached: true },
  { ...plain, shape: [7, 1, 3, 13] },
  { ...plain, shape: [1, 64], reached: true },
  { ...plain, shape: [300, 256], reached: true },
  { ...plain, shape: [20_000, 5] },
  { ...plain, shape: [4, 9, 768], shift: 1000, tolerance: 1e-3 },
  { ...plain, shape: [2, 50, 96], types: ['f32', 'bf16'], reached: true, tolerance: 0.01 },
  { ...plain, shape: [2, 50, 100], types: ['bf16', 'bf16'], tolerance: 0.01 },
  { ...plain, shape: [2, 50, 96], types: ['bf16', 'f32'], reached: true, tolerance: 0.01 },
  { ...plain, shape: [2, 50, 96], types: ['f16', 'f16'], tolerance: 0.002 },
]

/** y, and the gradients of x, scale and offset. Inputs are f32, outputs of the types of a network. */
function graphOf({ shape, types: [typeOfX, typeOfY], reached }: Row): Graph {
  const b = new GraphBuilder('layer normalization', 1)
  const input = (name: string, dims: readonly number[]) => b.input(name, { dtype: 'f32', shape: dims })
  const narrow = (name: string, dtype: DType) => ops.convert(b, ops.convert(b, input(name, shape), dtype), 'f32')
  const vector = (name: string) => input(name, shape.slice(-1))
  const x = narrow('x', typeOfX)
  const operands = { x, scale: vector('scale'), offset: vector('offset') }
  const y = normalizeRows(b, operands, 1e-5)
  const seeds = [
    { value: y, cotangent: narrow('dy', typeOfY) },
    ...(reached ? [{ value: x, cotangent: input('r', shape) }] : []),
  ]
  const [dx, dscale, doffset] = gradient(b, seeds, Object.values(operands))
  const outputs = {
    y: ops.convert(b, y, typeOfY),
    dx: ops.convert(b, need(dx, 'dx'), typeOfX),
    dscale: need(dscale, 'dscale'),
    doffset: need(doffset, 'doffset'),
  }
  return b.finish(Object.entries(outputs).map(([name, value]) => ({ name, value: ops.convert(b, value, 'f32') })))
}

function inputsOf(graph: Graph, shift: number): HostTensor[] {
  const random = randomOf('layer normalization')
  return graph.inputs.map(({ type: { shape } }, i) => {
    const count = shape.reduce((n, dim) => n * dim, 1)
    return { dtype: 'f32', shape, data: Float32Array.from({ length: count }, () => 2 * random() - 1 + (i ? 0 : shift)) }
  })
}

describeNative('layer normalization', () => {
  let engine: XlaEngine
  beforeAll(async () => {
    engine = await createXlaEngine({ world: oneProcess(1) })
  })
  afterAll(() => engine.dispose())

  async function run(graph: Graph, inputs: readonly HostTensor[]): Promise<readonly HostTensor[]> {
    const text = emitModule(graph, { platform: 'cpu', native: { bf16: true } })
    expect(text.match(/arcc_layer_norm\w*/g)?.sort()).toEqual(['arcc_layer_norm', 'arcc_layer_norm_grad'])
    const opened = await openOnEngine(engine)(graph)
    const [outputs] = await opened.run([inputs])
    opened.close()
    return need(outputs, 'outputs')
  }

  it.each(rows)('$shape, $types, reached $reached, numbers near $shift', async (row) => {
    const graph = graphOf(row)
    const inputs = inputsOf(graph, row.shift)
    const [expected] = await runOnReference(graph, [inputs])
    const found = await run(graph, inputs)
    for (const [i, tensor] of need(expected, 'outputs').entries()) {
      const [a, b] = [numbersOf(tensor), numbersOf(need(found[i], 'an output'))]
      const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const furthest = a.reduce((most, value, k) => Math.max(most, Math.abs(value - (b[k] ?? Number.NaN))), 0)
      expect(furthest / largest).toBeLessThan(row.tolerance)
    }
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    '%s in a row reaches what it reaches in the reference',
    async (bad) => {
      for (const dtype of ['f32', 'bf16'] as const) {
        const graph = graphOf({ ...plain, shape: [6, 24], types: [dtype, dtype] })
        const inputs = inputsOf(graph, 0)
        need(inputs[0], 'x').data[24 + 3] = bad
        const [expected] = await runOnReference(graph, [inputs])
        const isBad = (tensors: readonly HostTensor[] = []) =>
          tensors.map((tensor) => numbersOf(tensor).map((value) => !Number.isFinite(value)))
        expect(isBad(expected)[0]).toContain(true)
        expect(isBad(expected)[0]).toContain(false)
        expect(isBad(await run(graph, inputs))).toEqual(isBad(expected))
      }
    },
  )

  it('gives the same bits again', async () => {
    const graph = graphOf({ ...plain, shape: [3000, 72], reached: true })
    const inputs = inputsOf(graph, 0)
    const first = await run(graph, inputs)
    for (let i = 0; i < 3; i++) expect(await run(graph, inputs)).toEqual(first)
  })
})
