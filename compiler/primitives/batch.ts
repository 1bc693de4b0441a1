/** Statistics of the whole batch, for the states of a margin. Legend: B rows of the batch over all devices. */
import * as ops from '../ir/ops.ts'
import type { Call, Scalar } from './types.ts'

function wholeBatch(call: Call, what: string): void {
  if (!call.batch) call.fail('ARC4050', { what })
}

/** In the `update` of a margin: the mean over all rows of the batch. */
export function average(call: Call, x: Scalar): Scalar {
  if (typeof x === 'number') return x
  wholeBatch(call, '`average`')
  return x.type.shape.length === 0 ? x : ops.meanOver(call.graph(), x, [0])
}

/** In the `update` of a margin: the standard deviation over all rows of the batch, divided by B − 1 as in PyTorch. */
export function deviation(call: Call, x: Scalar): Scalar {
  if (typeof x === 'number') return 0
  wholeBatch(call, '`deviation`')
  const b = call.graph()
  const { shape } = x.type
  const [rows = 1] = shape
  if (shape.length === 0 || rows < 2) return ops.scalar(b, 0, x.type.dtype)
  const mean = ops.meanOver(b, x, [0])
  const squares = ops.square(b, ops.subtract(b, x, ops.broadcastScalar(b, mean, shape)))
  return ops.sqrt(b, ops.multiply(b, ops.sumOver(b, squares, [0]), 1 / (rows - 1)))
}
