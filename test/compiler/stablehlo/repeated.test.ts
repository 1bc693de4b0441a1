/** A large tensor that repeats a small result is not stored on the CPU: a barrier parts the two. */
import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { emitModule } from '../../helpers/emit-module.ts'

/** Distances from the means of rows: x - mean(x) [N,C]. */
function distances(rows: number, ofInput = false) {
  const b = new GraphBuilder('distances', 1)
  const x = b.input('x', { dtype: 'f32', shape: [rows, 1024] })
  const means = ofInput ? b.input('means', { dtype: 'f32', shape: [rows] }) : ops.sumOver(b, x, [1])
  const repeated = b.add('broadcast_in_dim', [means], { shape: [rows, 1024], dims: [0] })
  return b.finish([{ name: 'y', value: ops.subtract(b, x, repeated) }])
}

test.each([
  ['the means of many rows', 'cpu', distances(1024), 1],
  ['the means of fewer rows', 'cpu', distances(1023), 0],
  ['an input', 'cpu', distances(1024, true), 0],
  ['the means of many rows', 'cuda', distances(1024), 0],
] as const)('%s on %s', (_, platform, graph, barriers) => {
  expect(emitModule(graph, { platform }).split('stablehlo.optimization_barrier').length - 1).toBe(barriers)
})
