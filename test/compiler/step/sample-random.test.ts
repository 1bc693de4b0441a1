/** Random numbers of samples: the same for every number of devices, new for every step, path and sample. */
import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { sampleRandom } from '../../../compiler/step/sample-random.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { numbersOf } from '../../helpers/host-tensor.ts'
import { evaluate } from '../../helpers/reference.ts'

interface Draw {
  readonly seed?: number
  readonly path?: string
  readonly step?: number
  readonly replicas?: number
}

/** Numbers of the global batch of 8 samples, 5·3 of each. */
function draw({ seed = 1, path = 'blocks.0.drop_path', step = 0, replicas = 1 }: Draw, rows = 8): number[] {
  const b = new GraphBuilder('random', replicas)
  const at = b.input('step', { dtype: 'i32', shape: [] })
  const own = rows / replicas
  const random = sampleRandom(b, seed, at, ops.multiply(b, ops.replicaId(b), own))
  const graph = b.finish([{ name: 'random', value: random(path, [own, 5, 3]) }])
  const given = Array.from({ length: replicas }, () => [
    { dtype: 'i32' as const, shape: [], data: Int32Array.of(step) },
  ])
  return evaluate(graph, given).flatMap((outputs) => [...numbersOf(need(outputs[0], 'numbers'))])
}

test.each([2, 4, 8])('%i devices draw what one does', (replicas) => {
  expect(draw({ replicas })).toEqual(draw({}))
})

test.each<[string, Draw]>([
  ['seed', { seed: 2 }],
  ['step', { step: 1 }],
  ['path', { path: 'blocks.0.drop_path_2' }],
])('another %s gives other numbers', (_name, other) => {
  const [before, after] = [draw({}), draw(other)]
  expect(before.filter((value, i) => value === after[i])).toEqual([])
})

test('no number comes twice, and all lie in (0, 1] as evenly as chance has it', () => {
  const numbers = draw({}, 512)
  expect(Math.min(...numbers)).toBeGreaterThan(0)
  expect(Math.max(...numbers)).toBeLessThanOrEqual(1)
  expect(new Set(numbers).size).toBeGreaterThan(numbers.length - 10)
  const bins = Array.from({ length: 16 }, () => 0)
  for (const value of numbers) {
    const bin = Math.min(15, Math.floor(value * 16))
    bins[bin] = (bins[bin] ?? 0) + 1
  }
  const expected = numbers.length / 16
  const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  // 15 degrees of freedom: above 37.7 once in a thousand.
  expect(chiSquare).toBeLessThan(37.7)
})
