/** Functions that add several ops or none, on the reference evaluator. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { TensorType } from '../../../compiler/ir/dtype.ts'
import type { Value } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { hostTensor, numbersOf } from '../../helpers/host-tensor.ts'
import { evaluate } from '../../helpers/reference.ts'

const f64 = (...shape: number[]): TensorType => ({ dtype: 'f64', shape })

function compute(type: TensorType, numbers: readonly number[], f: (b: GraphBuilder, x: Value) => Value): number[] {
  const b = new GraphBuilder('ops', 1)
  const x = b.input('x', type)
  const graph = b.finish([{ name: 'y', value: f(b, x) }])
  return (evaluate(graph, [[hostTensor(type, numbers)]])[0] ?? []).flatMap(numbersOf)
}

type Row = readonly [string, TensorType, readonly number[], (b: GraphBuilder, x: Value) => Value, readonly number[]]

const rows: readonly Row[] = [
  ['a number on either side', f64(2), [1, 2], (b, x) => ops.subtract(b, 3, ops.divide(b, x, 2)), [2.5, 2]],
  ['clamp', f64(3), [-5, 0.5, 5], (b, x) => ops.clamp(b, x, -1, 1), [-1, 0.5, 1]],
  ['meanOver', f64(2, 2), [1, 2, 3, 5], (b, x) => ops.meanOver(b, x, [0]), [2, 3.5]],
  ['sumAll', f64(2, 2), [1, 2, 3, 5], ops.sumAll, [11]],
  ['inverseNorm', f64(2, 2), [3, 4, 0, 0], (b, x) => ops.inverseNorm(b, x, 1), [0.2, 1e12]],
  ['broadcastVector', f64(2), [1, 2], (b, x) => ops.broadcastVector(b, x, [2, 2], -1), [1, 2, 1, 2]],
  ['broadcastOver', f64(2), [1, 2], (b, x) => ops.broadcastOver(b, x, [2, 2], [1]), [1, 1, 2, 2]],
  ['sliceDim', f64(2, 3), [1, 2, 3, 4, 5, 6], (b, x) => ops.sliceDim(b, x, 1, 1, 3), [2, 3, 5, 6]],
  [
    'matmul, left transposed',
    f64(2, 2),
    [1, 2, 3, 4],
    (b, x) => ops.matmul(b, x, x, { transposeLhs: true }),
    [10, 14, 14, 20],
  ],
]

describe('ops', () => {
  it.each(rows)('%s', (_, type, numbers, f, wanted) => {
    const found = compute(type, numbers, f)
    expect(found).toHaveLength(wanted.length)
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 12)
    })
  })

  it('sums 16-bit floats in f32', () => {
    const count = 4096
    const ones = Array.from({ length: count }, () => 1)
    // In f16, 2048 + 1 is 2048.
    expect(compute({ dtype: 'f16', shape: [count] }, ones, ops.sumAll)).toEqual([count])
  })

  it('gives its operand back where nothing would change', () => {
    const b = new GraphBuilder('ops', 1)
    const x = b.input('x', f64(2, 3))
    const same = [
      ops.convert(b, x, 'f64'),
      ops.reshape(b, x, [2, 3]),
      ops.transpose(b, x, [0, 1]),
      ops.broadcastTo(b, x, [2, 3], [0, 1]),
      ops.reverse(b, x, []),
      ops.sumOver(b, x, []),
      ops.sliceDim(b, x, 1, 0, 3),
      ops.concatenate(b, [x], 0),
      ops.pad(b, x, 0, { low: [0, 0], high: [0, 0], interior: [0, 0] }),
    ]
    expect(new Set(same)).toEqual(new Set([x]))
    expect(b.ops).toHaveLength(1)
  })

  it('refuses two numbers', () => {
    expect(() => ops.add(new GraphBuilder('ops', 1), 1, 2)).toThrow('at least one tensor is needed')
  })
})
