/** Centers and momentum in fewer bits: the stored values, and that stochastic rounding preserves the mean. */
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import {
  loadTable,
  roundingStep,
  type Storage,
  storedTensors,
  storeTable,
} from '../../../compiler/step/center-storage.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { numbersOf } from '../../helpers/host-tensor.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { runOnReference } from '../../helpers/run-graph.ts'

interface Written {
  /** [k·D] */
  readonly loaded: readonly number[]
  /** Of each stored tensor. */
  readonly stored: readonly (readonly number[])[]
}

/** Stores rows of numbers that belong to `classes`, and loads them again. */
async function written(storage: Storage, rows: number[][], classes: number[], step: number): Promise<Written> {
  const shape = [rows.length, need(rows[0], 'a row').length] as const
  const b = new GraphBuilder('storage', 1)
  const x = b.input('x', { dtype: 'f32', shape })
  const ids = b.input('classes', { dtype: 'u32', shape: [rows.length] })
  const key = { step: roundingStep(b, 7, b.input('step', { dtype: 'i32', shape: [] })), classes: ids }
  const tables = new Map(storeTable(b, 'centers', storage, x, key))
  const outputs = [loadTable(b, 'centers', storage, tables), ...tables.values()]
  const graph = b.finish(outputs.map((value, i) => ({ name: `out${i}`, value })))
  const [own] = await runOnReference(graph, [
    [
      { dtype: 'f32', shape, data: Float32Array.from(rows.flat()) },
      { dtype: 'u32', shape: [rows.length], data: Uint32Array.from(classes) },
      { dtype: 'i32', shape: [], data: Int32Array.of(step) },
    ],
  ])
  const [loaded = [], ...stored] = need(own, 'outputs').map(numbersOf)
  return { loaded, stored }
}

const random = randomOf('rows')
const values = Array.from({ length: 40 }, () => Math.fround((2 * random() - 1) * 10 ** (-3 * random())))

describe('rounding at random', () => {
  test.each([
    ['bf16', 2 ** -7],
    ['int8', undefined],
  ] as const)('%s: to one of the two neighbours, and right on average', async (storage, relative) => {
    const steps = 400
    const largest = Math.max(...values.map(Math.abs))
    const sums = values.map(() => 0)
    for (let step = 0; step < steps; step++) {
      const { loaded } = await written(storage, [values], [3], step)
      values.forEach((value, i) => {
        const gap = relative === undefined ? largest / 127 : relative * Math.abs(value)
        expect(Math.abs(need(loaded[i], 'a number') - value)).toBeLessThanOrEqual(gap * 1.0001)
        sums[i] = (sums[i] ?? 0) + (loaded[i] ?? 0)
      })
    }
    values.forEach((value, i) => {
      const gap = relative === undefined ? largest / 127 : relative * Math.abs(value)
      // The deviation of the mean is at most half a gap over √400.
      expect(Math.abs((sums[i] ?? 0) / steps - value)).toBeLessThan((5 * gap) / 2 / Math.sqrt(steps))
    })
  })

  test('is keyed by the class, not by the row that it lies in', async () => {
    const rows = [values, values.map((v) => -v / 3), values.map((v) => v * v)]
    const all = await written('bf16', rows, [10, 11, 12], 5)
    const last = await written('bf16', rows.slice(2), [12], 5)
    expect(last.loaded).toEqual(all.loaded.slice(2 * values.length))
    const elsewhere = await written('bf16', rows.slice(2), [13], 5)
    expect(elsewhere.loaded).not.toEqual(last.loaded)
    const later = await written('bf16', rows.slice(2), [12], 6)
    expect(later.loaded).not.toEqual(last.loaded)
  })

  test('leaves alone what fits', async () => {
    const fitting = [0, 1, -1.5, 2 ** -20, -(2 ** 20), 0.0078125]
    expect((await written('bf16', [fitting], [1], 0)).loaded).toEqual(fitting)
    const { loaded, stored } = await written('int8', [[0, 127, -127, 64, 1, -2]], [1], 0)
    expect(loaded).toEqual([0, 127, -127, 64, 1, -2])
    expect(stored).toEqual([[0, 127, -127, 64, 1, -2], [1]])
    expect((await written('int8', [[0, 0]], [1], 0)).loaded).toEqual([0, 0])
  })

  test('f32 needs no key', () => {
    const b = new GraphBuilder('plain', 1)
    const x = ops.splat(b, 1, { dtype: 'f32', shape: [2, 3] })
    expect(storeTable(b, 'centers', 'f32', x, undefined)).toEqual([['centers', x]])
  })
})

test('where a table starts', () => {
  expect(storedTensors('v', 'f32', [5, 4], 0.5)).toEqual([{ name: 'v', dtype: 'f32', shape: [5, 4], initial: 0.5 }])
  expect(storedTensors('v', 'int8', [5, 4], 0)).toEqual([
    { name: 'v', dtype: 'i8', shape: [5, 4], initial: 0 },
    { name: 'v.factor', dtype: 'f32', shape: [5, 1], initial: 0 },
  ])
  expect(storedTensors('v', 'int8', [5, 4], -0.5).map((t) => t.initial)).toEqual([-127, 0.5 / 127])
})
