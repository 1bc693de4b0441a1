/**
 * The kernel of attention and of its gradient against the reference: tokens and channels that do not fill a vector, tokens of several strips, scores whose
 * exponentials would overflow, numbers that are not finite.
 *
 * Legend: qkv dqkv [B,T,3·C]; y dy [B,T,C].
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { DType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { gradient } from '../../compiler/ir/vjp.ts'
import { attend } from '../../compiler/stablehlo/attention.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { emitModule } from '../helpers/emit-module.ts'
import { describeNative } from '../helpers/native.ts'
import { randomOf } from '../helpers/op-case.ts'
import { openOnEngine, runOnReference } from '../helpers/run-graph.ts'

interface Row {
  /** B, T, heads, channels of a head. */
  readonly sizes: readonly [number, number, number, number]
  readonly dtype: DType
  /** Of the numbers of qkv. */
  readonly size: number
  /** Of the largest number. */
  readonly tolerance: number
}

const rows: readonly Row[] = [
  { sizes: [2, 33, 3, 16], dtype: 'f32', size: 2, tolerance: 1e-5 },
  { sizes: [2, 100, 2, 24], dtype: 'f32', size: 2, tolerance: 1e-5 },
  { sizes: [1, 7, 2, 20], dtype: 'f32', size: 2, tolerance: 1e-5 },
  { sizes: [3, 1, 1, 8], dtype: 'f32', size: 2, tolerance: 1e-5 },
  { sizes: [1, 16, 5, 4], dtype: 'f32', size: 100, tolerance: 1e-4 },
  { sizes: [2, 18, 2, 24], dtype: 'bf16', size: 2, tolerance: 0.02 },
  { sizes: [2, 18, 2, 24], dtype: 'f16', size: 2, tolerance: 0.004 },
]

/** y, and the gradient of qkv; operands and results are f32. */
function graphOf({ sizes: [samples, tokens, heads, channels], dtype }: Row): Graph {
  const b = new GraphBuilder('attention', 1)
  const input = (name: string, width: number) =>
    ops.convert(b, b.input(name, { dtype: 'f32', shape: [samples, tokens, width] }), dtype)
  const [qkv, dy] = [input('qkv', 3 * heads * channels), input('dy', heads * channels)]
  const [y] = attend(b, qkv, { heads, divisor: Math.sqrt(channels) })
  const [dqkv] = gradient(b, [{ value: y, cotangent: dy }], [qkv])
  const outputs = { y, dqkv: need(dqkv, 'a gradient') }
  return b.finish(Object.entries(outputs).map(([name, value]) => ({ name, value: ops.convert(b, value, 'f32') })))
}

function inputsOf(graph: Graph, size: number): HostTensor[] {
  const random = randomOf('attention')
  return graph.inputs.map(({ type: { shape } }, i) => {
    const count = shape.reduce((n, dim) => n * dim, 1)
    const most = i === 0 ? size : 1
    return { dtype: 'f32', shape, data: Float32Array.from({ length: count }, () => most * (2 * random() - 1)) }
  })
}

const numbersOf = ({ data }: HostTensor) => Array.from(data, Number)

describeNative('attention', () => {
  let engine: XlaEngine
  beforeAll(async () => {
    engine = await createXlaEngine({ world: oneProcess(1) })
  })
  afterAll(() => engine.dispose())

  async function run(graph: Graph, inputs: readonly HostTensor[]): Promise<readonly HostTensor[]> {
    const opened = await openOnEngine(engine)(graph)
    const [outputs] = await opened.run([inputs])
    opened.close()
    return need(outputs, 'outputs')
  }

  it.each(rows)('$sizes $dtype, numbers up to $size', async (row) => {
    const graph = graphOf(row)
    const text = emitModule(graph, { platform: 'cpu', native: { bf16: true } })
    expect(text.split('"arcc_attention"')).toHaveLength(3)
    // No product that the kernels replace stays in the order of calls.
    expect(text).not.toContain('arcc_product')
    const inputs = inputsOf(graph, row.size)
    const [expected] = await runOnReference(graph, [inputs])
    const found = await run(graph, inputs)
    for (const [i, tensor] of need(expected, 'outputs').entries()) {
      const [a, b] = [numbersOf(tensor), numbersOf(need(found[i], 'an output'))]
      const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const furthest = a.reduce((most, value, k) => Math.max(most, Math.abs(value - (b[k] ?? Number.NaN))), 0)
      expect(furthest).toBeLessThan(row.tolerance * largest)
    }
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    '%s in a key reaches the tokens that it reaches in the reference',
    async (bad) => {
      const graph = graphOf({ sizes: [2, 5, 2, 8], dtype: 'f32', size: 1, tolerance: 0 })
      const inputs = inputsOf(graph, 1)
      // The key of the first sample's second token, second head.
      need(inputs[0], 'qkv').data[48 + 16 + 8] = bad
      const [expected] = await runOnReference(graph, [inputs])
      const isBad = (tensors: readonly HostTensor[] = []) =>
        tensors.map((tensor) => numbersOf(tensor).map((value) => !Number.isFinite(value)))
      expect(isBad(expected)[0]).toContain(true)
      expect(isBad(expected)[0]).toContain(false)
      expect(isBad(await run(graph, inputs))).toEqual(isBad(expected))
    },
  )
})
