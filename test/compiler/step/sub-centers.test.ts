import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { closestOf, gradientOf, joinCenters, splitCenters } from '../../../compiler/step/sub-centers.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { runOnReference } from '../../helpers/run-graph.ts'

const vector = (...numbers: number[]) => ({
  dtype: 'f32' as const,
  shape: [1, numbers.length],
  data: Float32Array.from(numbers),
})

test('the first of the greatest cosines counts, and alone has the gradient', async () => {
  const b = new GraphBuilder('closest', 1)
  const type = { dtype: 'f32' as const, shape: [1, 4] }
  const values = ['first', 'second', 'third'].map((name) => b.input(name, type))
  const gradient = b.input('gradient', type)
  const closest = closestOf(b, values)
  const graph = b.finish([
    { name: 'greatest', value: closest.greatest },
    ...values.map((_, s) => ({ name: `gradient ${s}`, value: gradientOf(b, closest, s, gradient) })),
  ])
  const inputs = [
    vector(0.5, 0.1, 0.2, 0.3),
    vector(0.5, 0.4, -0.1, 0.3),
    vector(0.2, 0.4, 0.9, 0.3),
    vector(1, 2, 3, 4),
  ]
  const [outputs] = await runOnReference(graph, [inputs])
  expect(need(outputs, 'outputs').map(({ data }) => [...data])).toEqual([
    [...Float32Array.of(0.5, 0.4, 0.9, 0.3)],
    [1, 0, 0, 4],
    [0, 2, 0, 0],
    [0, 0, 3, 0],
  ])
})

test('a row has the centers of its class one after the other', async () => {
  const b = new GraphBuilder('split', 1)
  const rows = b.input('rows', { dtype: 'f32', shape: [1, 6] })
  const parts = splitCenters(b, rows, 3)
  const graph = b.finish([...parts, joinCenters(b, parts)].map((value, i) => ({ name: `${i}`, value })))
  const [outputs] = await runOnReference(graph, [[vector(1, 2, 3, 4, 5, 6)]])
  expect(need(outputs, 'outputs').map(({ data }) => [...data])).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
    [1, 2, 3, 4, 5, 6],
  ])
})
