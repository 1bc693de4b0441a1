/**
 * Products with a matrix whose rows or columns are scaled, against the reference: the scaled matrix is not computed.
 *
 * Legend: x [M,K], w [K,N], either transposed; s the factors of one dim of w.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { emitModule } from '../helpers/emit-module.ts'
import { randomOf } from '../helpers/op-case.ts'
import { openOnEngine, runOnReference } from '../helpers/run-graph.ts'
import { describeOnXla } from '../helpers/xla.ts'

interface Row {
  /** The dim of w that is summed over, and the one that is scaled. */
  readonly summed: 0 | 1
  readonly scaled: 0 | 1
  readonly isFirst: boolean
}

const rows: readonly Row[] = [0, 1].flatMap((summed) =>
  [0, 1].flatMap((scaled) => [true, false].map((isFirst) => ({ summed, scaled, isFirst }) as Row)),
)

function graphOf({ summed, scaled, isFirst }: Row): Graph {
  const b = new GraphBuilder('scaled', 1)
  const shape = [8192, 128]
  const x = b.input('x', { dtype: 'f32', shape: [3, shape[summed] ?? 0] })
  const w = b.input('w', { dtype: 'f32', shape })
  const s = b.input('s', { dtype: 'f32', shape: [shape[scaled] ?? 0] })
  const unit = ops.multiply(b, w, ops.broadcastTo(b, s, shape, [scaled]))
  const y = isFirst
    ? b.add('dot_general', [unit, x], {
        lhsBatch: [],
        rhsBatch: [],
        lhsContract: [summed],
        rhsContract: [1],
        dtype: 'f32',
      })
    : b.add('dot_general', [x, unit], {
        lhsBatch: [],
        rhsBatch: [],
        lhsContract: [1],
        rhsContract: [summed],
        dtype: 'f32',
      })
  return b.finish([{ name: 'y', value: y }])
}

describeOnXla('scaled products', () => {
  let engine: XlaEngine
  beforeAll(async () => {
    engine = await createXlaEngine({ world: oneProcess(1) })
  })
  afterAll(() => engine.dispose())

  it.each(rows)('summed over dim $summed, dim $scaled scaled, first: $isFirst', async (row) => {
    const graph = graphOf(row)
    const text = emitModule(graph, { platform: 'cpu', native: { bf16: true } })
    const isRead = (line: string) =>
      /arcc_product/.test(line) && /\(%\d+, %arg1\)|\(%arg1, %\d+\)|%arg0, %arg1|%arg1, %arg0/.test(line)
    expect(text.split('\n').some(isRead)).toBe(true)
    const random = randomOf('scaled')
    const inputs = graph.inputs.map(({ type: { shape } }) => {
      const count = shape.reduce((n, dim) => n * dim, 1)
      return { dtype: 'f32', shape, data: Float32Array.from({ length: count }, () => 2 * random() - 1) } as const
    })
    const [expected] = await runOnReference(graph, [inputs])
    const opened = await openOnEngine(engine)(graph)
    const [found] = await opened.run([inputs])
    opened.close()
    const [a, b] = [expected, found].map((outputs) => Array.from(need(outputs?.[0], 'y').data, Number))
    const largest = need(a, 'y').reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const apart = need(a, 'y').map((value, i) => Math.abs(value - (b?.[i] ?? Number.NaN)))
    expect(Math.max(...apart)).toBeLessThan(1e-5 * largest)
  })
})
