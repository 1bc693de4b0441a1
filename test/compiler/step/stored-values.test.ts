/** The contents of a state tensor in a graph and on the host: both agree, and both are invertible. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { elementCount } from '../../../compiler/ir/dtype.ts'
import type { StateTensor } from '../../../compiler/ir/state-tensor.ts'
import { heldValues, namedValues, storedValue } from '../../../compiler/step/stored-values.ts'
import { need } from '../../../grammar/diagnostic.ts'
import type { HostTensor } from '../../../runtime/engine.ts'
import { heldTensors, storedTensor } from '../../../runtime/state/held-tensors.ts'
import { runOnReference } from '../../helpers/run-graph.ts'

const common = { role: 'parameter', dtype: 'f32', placement: 'replicated' } as const

const tensors: readonly StateTensor[] = [
  { ...common, name: 'w', shape: [2, 3], storage: 'whole', holds: [{ name: 'w', shape: [2, 3], layout: 'same' }] },
  {
    ...common,
    name: 'filter',
    shape: [5, 2, 3, 4],
    storage: 'ohwi',
    holds: [{ name: 'filter', shape: [2, 3, 4, 5], layout: 'oihw' }],
  },
  {
    ...common,
    name: '*vectors',
    shape: [6],
    storage: 'flat',
    holds: [
      { name: 'a', shape: [2], layout: 'same' },
      { name: 'b', shape: [1], layout: 'same' },
      { name: 'c', shape: [3], layout: 'same' },
    ],
  },
]

const counting = ({ shape }: StateTensor): HostTensor => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from({ length: elementCount(shape) }, (_, i) => i),
})

describe.each(tensors.map((tensor) => [tensor.storage, tensor] as const))('%s', (_, tensor) => {
  const stored = counting(tensor)

  it('is held in a graph as on the host', async () => {
    const b = new GraphBuilder('held', 1)
    const x = b.input('x', tensor)
    const held = heldValues(b, tensor, x)
    const again = storedValue(b, tensor, held)
    const outputs = [...held, again].map((value, i) => ({ name: `out${i}`, value }))
    const [own = []] = await runOnReference(b.finish(outputs), [[stored]])
    const onHost = heldTensors(tensor, stored)
    const plain = ({ shape, data }: HostTensor) => ({ shape, data: Array.from(data) })
    expect(own.slice(0, -1).map(plain)).toEqual(onHost.map((found) => plain(found.tensor)))
    expect(onHost.map(({ named }) => named)).toEqual(tensor.holds)
    expect(onHost.map((found) => found.tensor.shape)).toEqual(tensor.holds.map(({ shape }) => shape))
    expect(plain(need(own.at(-1), 'what is stored'))).toEqual(plain(stored))
    const restored = storedTensor(
      tensor,
      onHost.map((found) => found.tensor),
    )
    expect(plain(restored)).toEqual(plain(stored))
  })
})

it('a filter is turned, not only renamed', () => {
  const [filter] = heldTensors(need(tensors[1], 'the filter'), counting(need(tensors[1], 'the filter')))
  // [O,kh,kw,I] = [5,2,3,4]: element (o,y,x,i) is 24·o + 12·y + 4·x + i; in [kh,kw,I,O] the last dim runs over o.
  expect(Array.from(need(filter, 'a filter').tensor.data.slice(0, 6))).toEqual([0, 24, 48, 72, 96, 1])
})

it('values are found by the names of what tensors hold', () => {
  const b = new GraphBuilder('named', 1)
  const inputs = new Map(tensors.map((tensor) => [tensor.name, b.input(tensor.name, tensor)]))
  const values = namedValues(b, tensors, (name) => need(inputs.get(name), name))
  expect(Array.from(values, ([name, { type }]) => [name, type.shape])).toEqual([
    ['w', [2, 3]],
    ['filter', [2, 3, 4, 5]],
    ['a', [2]],
    ['b', [1]],
    ['c', [3]],
  ])
})
