/** The all-reduces of gradients: their groups, order and bytes; and that the sums are those of one all-reduce. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { byteSize, elementCount } from '../../../compiler/ir/dtype.ts'
import type { StateTensor } from '../../../compiler/ir/state-tensor.ts'
import { reduceGradients } from '../../../compiler/step/reduce-gradients.ts'
import { need } from '../../../grammar/diagnostic.ts'
import type { HostTensor } from '../../../runtime/engine.ts'
import { narrowPlan } from '../../helpers/narrow.ts'
import { runOnReference } from '../../helpers/run-graph.ts'

type Dtype = 'f32' | 'bf16' | 'f16'

const tensor = (name: string, shape: readonly number[], storage: StateTensor['storage'] = 'whole'): StateTensor => ({
  name,
  role: 'parameter',
  shape,
  dtype: 'f32',
  placement: 'replicated',
  storage,
  holds: [{ name, shape, layout: 'same' }],
})

function reduced(state: readonly StateTensor[], dtype: Dtype, grouped: boolean, replicas = 2) {
  const b = new GraphBuilder('reduce', replicas)
  const gradients = state.map((own) => b.input(own.name, { dtype: 'f32', shape: own.shape }))
  const sums = reduceGradients(b, state, gradients, { dtype, grouped })
  const graph = b.finish(sums.map((value, i) => ({ name: `sum${i}`, value })))
  const travelling = graph.ops.filter((op) => op.kind === 'all_reduce').map((op) => op.operands.map(({ type }) => type))
  return { graph, travelling }
}

const mebi = 2 ** 18 // numbers of f32 in a mebibyte

describe('groups', () => {
  const state = [
    tensor('*vectors', [1000], 'flat'),
    tensor('first', [mebi, 10]),
    tensor('second', [mebi, 20]),
    tensor('third', [mebi, 30]),
    tensor('fourth', [mebi, 40]),
  ]

  it('are of the last layers first, of 32 MiB where a single one is not larger, the joined vectors at the end', () => {
    const sizes = reduced(state, 'f32', true).travelling.map((types) => types.map(({ shape }) => elementCount(shape)))
    expect(sizes).toEqual([[40 * mebi], [30 * mebi], [30 * mebi + 1000]])
    expect(sizes.slice(1).every(([n = 0]) => 4 * n <= 2 ** 25)).toBe(true)
  })

  it('hold twice as much in 16 bits', () => {
    const { travelling } = reduced(state, 'bf16', true)
    expect(travelling.map(([type]) => [type?.dtype, type?.shape])).toEqual([
      ['bf16', [40 * mebi]],
      ['bf16', [60 * mebi + 1000]],
    ])
  })

  it('are one sum of many tensors where devices have no links of their own', () => {
    const { travelling } = reduced(state, 'f32', false)
    expect(travelling.map((types) => types.length)).toEqual([5])
  })

  it('do not exist on one device', () => {
    expect(reduced(state, 'f32', true, 1).travelling).toEqual([])
  })
})

it('the sums are those of one all-reduce, in their places', async () => {
  const state = [tensor('*vectors', [3], 'flat'), tensor('a', [2, 2]), tensor('b', [1, 3, 2])]
  const inputs = [1, 100].map((scale) =>
    state.map(
      ({ shape }, t): HostTensor => ({
        dtype: 'f32',
        shape,
        data: Float32Array.from({ length: elementCount(shape) }, (_, i) => scale * (10 * t + i)),
      }),
    ),
  )
  const run = (grouped: boolean) => runOnReference(reduced(state, 'f32', grouped).graph, inputs)
  const [grouped, plain] = [await run(true), await run(false)]
  expect(grouped).toEqual(plain)
  expect(grouped[0]?.map(({ shape }) => shape)).toEqual(state.map(({ shape }) => shape))
  expect(Array.from(need(grouped[1]?.[1], 'the sum of a').data)).toEqual([1010, 1111, 1212, 1313])
})

describe('train.reduction', () => {
  const bytes = (reduction: Dtype) => {
    const plan = narrowPlan({
      devices: 2,
      batch: 4,
      classes: 13,
      kind: 'cuda',
      train: `precision = bf16, reduction = ${reduction}`,
    })
    const sums = plan.graphs.step.ops.filter(
      (op) => op.kind === 'all_reduce' && op.origin.path === 'gradients of the backbone',
    )
    return sums.flatMap((op) => op.operands).reduce((sum, { type }) => sum + byteSize(type), 0)
  }

  it('halves the bytes of the backbone’s gradients in 16 bits', () => {
    const whole = bytes('f32')
    expect(whole).toBeGreaterThan(0)
    expect([bytes('bf16'), bytes('f16')]).toEqual([whole / 2, whole / 2])
  })
})
