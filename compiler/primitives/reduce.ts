/** Sums, means and maxima along a dim, which keeps size 1. Dims are counted from 0, or from the last one with −1. */
import * as ops from '../ir/ops.ts'
import { dimOf } from './tensors.ts'
import type { Call, Int, Tensor } from './types.ts'

type Reduction = (b: ReturnType<Call['graph']>, x: Tensor, dims: readonly number[]) => Tensor

function reduced(call: Call, what: string, x: Tensor, dim: Int, reduction: Reduction): Tensor {
  const at = dimOf(call, what, x, dim)
  const b = call.graph()
  const kept = x.type.shape.map((size, i) => (i === at ? 1 : size))
  return ops.reshape(b, reduction(b, x, [at]), kept)
}

/** The sum along a dim. 16-bit numbers are summed in f32. */
export function sum_over(call: Call, x: Tensor, dim: Int): Tensor {
  return reduced(call, '`sum_over`', x, dim, ops.sumOver)
}

/** The mean along a dim. 16-bit numbers are summed in f32. */
export function mean_over(call: Call, x: Tensor, dim: Int): Tensor {
  return reduced(call, '`mean_over`', x, dim, ops.meanOver)
}

/** The largest element along a dim. */
export function max_over(call: Call, x: Tensor, dim: Int): Tensor {
  return reduced(call, '`max_over`', x, dim, ops.maxOver)
}
