/**
 * The graph that scores one block of pairs and counts the scores in a histogram.
 *
 * Legend: B rows of a block, D embedding width, K bins.
 */
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'

export interface BlockShape {
  readonly replicas: number
  /** B. */
  readonly block: number
  /** D. */
  readonly dim: number
  /** K. */
  readonly bins: number
}

/** The output of the histogram, donated from the input of the same number. */
export const histogramPlace = 0

/** Ordinals of the bits of f32 numbers, as `ordinalOfBits`. */
function ordinals(b: GraphBuilder, scores: Value): Value {
  const bits = ops.bitcast(b, scores, 'i32')
  const isNegative = ops.compare(b, 'LT', bits, 0)
  return ops.select(b, isNegative, ops.xor(b, bits, 0x7fffffff), bits)
}

/**
 * Inputs: histogram u32[K], rows f32[B,D], columns f32[B,D], floor i32[], shift i32[]. Outputs: the histogram with the block's scores, and
 * the scores f32[B,B]. A score of ordinal o ≥ floor is counted in bin (o - floor) >> shift, or in the last one if that is beyond it.
 */
export function buildScoreBlock({ replicas, block, dim, bins }: BlockShape): Graph {
  const b = new GraphBuilder('score_block', replicas)
  return b.within({ phase: 'evaluate' }, () => {
    const histogram = b.input('histogram', { dtype: 'u32', shape: [bins] })
    const rows = b.input('rows', { dtype: 'f32', shape: [block, dim] })
    const columns = b.input('columns', { dtype: 'f32', shape: [block, dim] })
    const floor = b.input('floor', { dtype: 'i32', shape: [] })
    const shift = b.input('shift', { dtype: 'i32', shape: [] })
    const scores = ops.matmul(b, rows, columns, { transposeRhs: true })
    const count = block * block
    const all = ops.reshape(b, ordinals(b, scores), [count])
    const repeated = (scalar: Value) => ops.broadcastScalar(b, scalar, [count])
    const isCounted = ops.compare(b, 'GE', all, repeated(floor))
    // The difference of two ordinals takes 32 bits.
    const above = ops.bitcast(b, ops.subtract(b, all, repeated(floor)), 'u32')
    const bin = ops.minimum(b, ops.shiftRight(b, above, repeated(ops.bitcast(b, shift, 'u32'))), bins - 1)
    // Rows outside of the table are dropped.
    const place = ops.select(b, isCounted, ops.bitcast(b, bin, 'i32'), bins)
    const one = ops.splat(b, 1, { dtype: 'u32', shape: [count] })
    return b.finish([
      { name: 'histogram', value: ops.scatterRows(b, histogram, place, one, 'add') },
      { name: 'scores', value: scores },
    ])
  })
}

/** The graph of an empty histogram u32[K]: zeros of the process would take its memory. */
export function buildZeros({ replicas, bins }: Pick<BlockShape, 'replicas' | 'bins'>): Graph {
  const b = new GraphBuilder('zero_histogram', replicas)
  return b.within({ phase: 'evaluate' }, () =>
    b.finish([{ name: 'histogram', value: ops.splat(b, 0, { dtype: 'u32', shape: [bins] }) }]),
  )
}
