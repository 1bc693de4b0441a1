/** The residual stream of a deep network is stored on the CPU: a barrier after each sum, and none elsewhere. */
import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { emitModule } from '../../helpers/emit-module.ts'

/** [N,T,C]: as large as an activation. */
const large = [4, 64, 256] as const

/** `depth` blocks one after the other on x, each given the stream and returning the next one. */
function deep(depth: number, shape: readonly number[], block: (b: GraphBuilder, x: Value) => Value): Graph {
  const b = new GraphBuilder('deep', 1)
  let x = b.input('x', { dtype: 'f32', shape })
  for (let i = 0; i < depth; i++) x = block(b, x)
  return b.finish([{ name: 'y', value: x }])
}

/** A product of the stream with weights of its own, of the same shape. */
function branch(b: GraphBuilder, x: Value): Value {
  const width = x.type.shape.at(-1) ?? 0
  const weight = b.input(`w${b.ops.length}`, { dtype: 'f32', shape: [width, width] })
  return b.add('dot_general', [x, weight], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [2],
    rhsContract: [1],
    dtype: 'f32',
  })
}

const residual = (b: GraphBuilder, x: Value) => ops.add(b, x, branch(b, x))
const rectified = (b: GraphBuilder, x: Value) => ops.maximum(b, residual(b, x), 0)
const plain = (b: GraphBuilder, x: Value) => ops.maximum(b, branch(b, x), 0)
function biased(b: GraphBuilder, x: Value): Value {
  const bias = b.input(`b${b.ops.length}`, { dtype: 'f32', shape: [256] })
  return ops.multiply(b, ops.add(b, x, ops.broadcastVector(b, bias, x.type.shape, 2)), x)
}

test.each([
  ['residual blocks', 'cpu', 12, large, residual, 11],
  ['residual blocks with a rectifier on the stream', 'cpu', 12, large, rectified, 11],
  ['residual blocks on a GPU', 'cuda', 12, large, residual, 0],
  ['few residual blocks', 'cpu', 6, large, residual, 0],
  ['residual blocks of small tensors', 'cpu', 12, [4, 8, 256], residual, 0],
  ['blocks without shortcuts', 'cpu', 12, large, plain, 0],
  ['biases', 'cpu', 12, large, biased, 0],
] as const)('%s on %s', (_, platform, depth, shape, block, barriers) => {
  const text = emitModule(deep(depth, shape, block), { platform })
  expect(text.split('stablehlo.optimization_barrier').length - 1).toBe(barriers)
})

test('the branch and the next sum read the stored sum', () => {
  const text = emitModule(deep(12, large, residual), { platform: 'cpu' })
  const [stored, sum] = /(%\d+) = "stablehlo.optimization_barrier"\((%\d+)\)/.exec(text)?.slice(1) ?? []
  const readersOf = (name = '') => text.split('\n').filter((line) => new RegExp(`[(,] ?${name}\\b`).test(line))
  expect(readersOf(sum)).toHaveLength(1)
  expect(readersOf(stored).map((line) => /stablehlo\.\w+/.exec(line)?.[0])).toEqual([
    'stablehlo.dot_general',
    'stablehlo.add',
  ])
})
