/** The op cases of the engine tfjs, which has no f64. */
import type { Graph } from '../../compiler/ir/graph.ts'
import { floats, type OpCase, opCase } from '../helpers/op-case.ts'
import { allOpCases } from './all-op-cases.ts'

function usesF64(graph: Graph): boolean {
  return graph.ops.some(
    (op) => op.results.some((value) => value.type.dtype === 'f64') || op.regions.some((region) => usesF64(region)),
  )
}

const strides = {
  stride: [1, 2],
  padding: [
    [1, 1],
    [1, 1],
  ],
  groups: 3,
} as const

/** TensorFlow's depthwise kernels do not support different strides, so these use another path. */
const unevenDepthwise: readonly OpCase[] = [
  opCase('conv2d', 'depthwise, two strides', {
    inputs: { x: floats([2, 5, 6, 3]), w: floats([3, 3, 1, 6]) },
    build: (b, v) => b.add('conv2d', [v.x, v.w], strides),
  }),
  opCase('conv2d_input_grad', 'depthwise, two strides', {
    inputs: { dy: floats([2, 5, 3, 6]), w: floats([3, 3, 1, 6]) },
    build: (b, v) => b.add('conv2d_input_grad', [v.dy, v.w], { ...strides, inputShape: [2, 5, 6, 3] }),
  }),
  opCase('conv2d_filter_grad', 'depthwise, two strides', {
    inputs: { x: floats([2, 5, 6, 3]), dy: floats([2, 5, 3, 6]) },
    build: (b, v) => b.add('conv2d_filter_grad', [v.x, v.dy], { ...strides, filterShape: [3, 3, 1, 6] }),
  }),
]

/** All of them. */
export const tfjsCases = [...allOpCases, ...unevenDepthwise]
/** Those that are computed, and those that are refused. */
export const supportedCases = tfjsCases.filter((c) => !usesF64(c.graph()))
export const refusedCases = tfjsCases.filter((c) => usesF64(c.graph()))
