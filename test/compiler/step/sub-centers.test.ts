import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { closestOf, gradientByCenter } from '../../../compiler/step/sub-centers.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { runOnReference } from '../../helpers/run-graph.ts'

const row = (...numbers: number[]) => ({
  dtype: 'f32' as const,
  shape: [1, numbers.length],
  data: Float32Array.from(numbers),
})

test('the first of the greatest cosines counts, and alone has the gradient', async () => {
  const b = new GraphBuilder('closest', 1)
  const closest = closestOf(b, b.input('cosines', { dtype: 'f32', shape: [1, 12] }), 3)
  const gradient = b.input('gradient', { dtype: 'f32', shape: [1, 4] })
  const graph = b.finish([
    { name: 'greatest', value: closest.greatest },
    { name: 'gradient', value: gradientByCenter(b, closest, gradient, 3) },
  ])
  const cosines = row(0.5, 0.5, 0.25, 0.125, 0.25, 0.25, 0.25, -0.125, 0.75, 0.5, 0.5, 0.5)
  const [outputs] = await runOnReference(graph, [[cosines, row(1, 2, 3, 4)]])
  expect(need(outputs, 'outputs').map(({ data }) => [...data])).toEqual([
    [0.5, 0.25, 0.75, 0.5],
    [1, 0, 0, 0, 2, 0, 0, 0, 3, 4, 0, 0],
  ])
})
