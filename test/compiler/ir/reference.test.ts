/** The reference evaluator against results computed by hand, because others are compared with it. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { DType } from '../../../compiler/ir/dtype.ts'
import type { Value } from '../../../compiler/ir/graph.ts'
import { hostTensor, numbersOf } from '../../helpers/host-tensor.ts'
import { evaluate } from '../../helpers/reference.ts'

type Numbers = readonly [DType, readonly number[], readonly number[]]

/** The outputs of replica 0 (of one); inputs as [dtype, shape, numbers]. */
function compute(
  inputs: readonly Numbers[],
  build: (b: GraphBuilder, v: Value[]) => Value | readonly Value[],
): number[][] {
  const b = new GraphBuilder('by hand', 1)
  const values = inputs.map(([dtype, shape], i) => b.input(`x${i}`, { dtype, shape }))
  const built = [build(b, values)].flat()
  const graph = b.finish(built.map((value, i) => ({ name: `y${i}`, value })))
  const given = inputs.map(([dtype, shape, numbers]) => hostTensor({ dtype, shape }, numbers))
  return (evaluate(graph, [given])[0] ?? []).map(numbersOf)
}

const ones = (count: number) => Array.from({ length: count }, () => 1)
const counting = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

describe('the reference evaluator', () => {
  it('convolves with stride and padding', () => {
    // 3×3 image 1…9, 2×2 window of 1, 10, 100, 1000, a zero above and to the left.
    const params = {
      stride: [2, 2],
      padding: [
        [1, 0],
        [1, 0],
      ],
      groups: 1,
    } as const
    const [y] = compute(
      [
        ['f32', [1, 3, 3, 1], counting(9)],
        ['f32', [2, 2, 1, 1], [1, 10, 100, 1000]],
      ],
      (b, [x, w]) => b.add('conv2d', [x as Value, w as Value], params),
    )
    expect(y).toEqual([1000, 3200, 7040, 9865])
  })

  it('keeps the channels of a depthwise convolution apart', () => {
    const params = {
      stride: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
      groups: 2,
    } as const
    const [y] = compute(
      [
        ['f32', [1, 1, 2, 2], [1, 2, 3, 4]],
        ['f32', [1, 1, 1, 2], [10, 100]],
      ],
      (b, [x, w]) => b.add('conv2d', [x as Value, w as Value], params),
    )
    expect(y).toEqual([10, 200, 30, 400])
  })

  it('counts how often each image element meets the window', () => {
    const params = {
      stride: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      groups: 1,
      inputShape: [1, 2, 3, 1],
    } as const
    const [dx] = compute(
      [
        ['f32', [1, 2, 3, 1], ones(6)],
        ['f32', [3, 3, 1, 1], ones(9)],
      ],
      (b, [g, w]) => b.add('conv2d_input_grad', [g as Value, w as Value], params),
    )
    expect(dx).toEqual([4, 6, 4, 4, 6, 4])
  })

  it('normalizes over all dims but the last', () => {
    const [y, mean, variance] = compute(
      [
        ['f64', [2, 2], [1, 10, 3, 30]],
        ['f64', [2], [1, 2]],
        ['f64', [2], [0, 5]],
        // The value near the mean changes nothing.
        ['f64', [2], [7, -4]],
      ],
      (b, v) => b.addAll('batch_norm_training', v, { epsilon: 3 }),
    )
    // Variances 1 and 100: 1 + 3 = 2², 100 + 3.
    expect(mean).toEqual([2, 20])
    expect(variance).toEqual([1, 100])
    expect(y).toEqual([-0.5, 5 - 20 / Math.sqrt(103), 0.5, 5 + 20 / Math.sqrt(103)])
  })

  it('wraps whole numbers and rounds 16-bit floats to even', () => {
    const product = compute(
      [
        ['u32', [1], [0x9e3779b9]],
        ['u32', [1], [0x85ebca6b]],
      ],
      (b, [x, y]) => b.add('multiply', [x as Value, y as Value], {}),
    )
    expect(product).toEqual([[Number((0x9e3779b9n * 0x85ebca6bn) & 0xffffffffn)]])
    const halves = compute([['f32', [4], [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65520, 2 ** -25]]], (b, [x]) => [
      b.add('convert', [x as Value], { dtype: 'f16' }),
      b.add('convert', [x as Value], { dtype: 'bf16' }),
    ])
    expect(halves).toEqual([
      [1, 1 + 2 ** -9, Number.POSITIVE_INFINITY, 0],
      [1, 1, 65536, 2 ** -25],
    ])
  })

  it('pads between, crops and clamps', () => {
    const starts: Numbers = ['i32', [], [7]]
    const [padded, cropped, sliced] = compute(
      [['f32', [3], [1, 2, 3]], ['f32', [], [9]], starts],
      (b, [x, fill, at]) => [
        b.add('pad', [x as Value, fill as Value], { low: [1], high: [0], interior: [1] }),
        b.add('pad', [x as Value, fill as Value], { low: [-1], high: [1], interior: [0] }),
        b.add('dynamic_slice', [x as Value, at as Value], { sizes: [2] }),
      ],
    )
    expect(padded).toEqual([9, 1, 9, 2, 9, 3])
    expect(cropped).toEqual([2, 3, 9])
    expect(sliced).toEqual([2, 3])
  })

  it('exchanges between replicas in replica order', () => {
    const b = new GraphBuilder('exchange', 2)
    const x = b.input('x', { dtype: 'f32', shape: [2] })
    const outputs = [
      b.add('all_reduce', [x], { reduction: 'sum' }),
      b.add('all_gather', [x], { dim: 0 }),
      b.add('reduce_scatter', [x], { dim: 0 }),
    ]
    const graph = b.finish(outputs.map((value, i) => ({ name: `y${i}`, value })))
    const given = [
      [1, 2],
      [10, 20],
    ].map((numbers) => [hostTensor(x.type, numbers)])
    expect(evaluate(graph, given).map((own) => own.map(numbersOf))).toEqual([
      [[11, 22], [1, 2, 10, 20], [11]],
      [[11, 22], [1, 2, 10, 20], [22]],
    ])
  })
})
