/**
 * Batch normalization (arXiv:1502.03167), with PyTorch's running statistics.
 *
 * Legend: x [...,C]; scale, offset, mean, variance [C], f32. n = elements of x per channel.
 */

import { elementCount } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import { add, broadcastVector, convert, multiply, rsqrt, subtract } from '../ir/ops.ts'
import { showShape } from './tensors.ts'
import type { Call, Float, Tensor } from './types.ts'

/**
 * Normalizes every channel of x to mean 0 and variance 1, then scales and shifts it. In training the statistics are those of the
 * device's batch, and the buffers `mean` and `variance` move towards them by `momentum`, the variance unbiased (n/(n-1)); in
 * evaluation the buffers are the statistics. Statistics are f32; the result keeps x's element type.
 */
export function batch_normalization(
  call: Call,
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  mean: Tensor,
  variance: Tensor,
  momentum: Float = 0.1,
  epsilon: Float = 1e-5,
): Tensor {
  const { shape } = x.type
  const channels = shape.at(-1)
  if (shape.length < 2 || channels === undefined)
    call.fail('ARC4104', { what: '`batch_normalization`', wanted: 'images or vectors', found: showShape(shape) })
  for (const [what, given] of Object.entries({ scale, offset, mean, variance }))
    if (given.type.shape.length !== 1 || given.type.shape[0] !== channels)
      call.fail('ARC4104', {
        what: `\`${what}\` of \`batch_normalization\``,
        wanted: `[C ${channels}]`,
        found: showShape(given.type.shape),
      })
  if (!(epsilon > 0)) call.fail('ARC4023', { what: '`epsilon`', bounds: 'above 0', found: epsilon })
  if (!(momentum >= 0 && momentum <= 1))
    call.fail('ARC4023', { what: '`momentum`', bounds: 'in [0, 1]', found: momentum })
  const buffers = {
    mean: call.bufferPath(mean) ?? call.fail('ARC4108', { what: '`mean`' }),
    variance: call.bufferPath(variance) ?? call.fail('ARC4108', { what: '`variance`' }),
  }

  const model = call.model()
  if (model.mode === 'evaluate') return normalizeBy(call, x, { scale, offset, mean, variance, epsilon })

  const [y, batchMean, batchVariance] = call.graph().addAll('batch_norm_training', [x, scale, offset], { epsilon })
  if (y === undefined || batchMean === undefined || batchVariance === undefined) return x
  const n = elementCount(shape) / channels
  const unbiased = n > 1 ? n / (n - 1) : 1
  model.update(buffers.mean, blend(call, mean, batchMean, momentum, 1))
  model.update(buffers.variance, blend(call, variance, batchVariance, momentum, unbiased))
  return y
}

/** (1 - momentum) · old + momentum · factor · seen */
function blend(call: Call, old: Value, seen: Value, momentum: number, factor: number): Value {
  const b = call.graph()
  return add(b, multiply(b, old, 1 - momentum), multiply(b, seen, momentum * factor))
}

interface Statistics {
  readonly scale: Value
  readonly offset: Value
  readonly mean: Value
  readonly variance: Value
  readonly epsilon: number
}

/** (x - mean) / sqrt(variance + epsilon) · scale + offset, as one factor and one shift per channel. */
function normalizeBy(call: Call, x: Value, { scale, offset, mean, variance, epsilon }: Statistics): Value {
  const b = call.graph()
  const { shape, dtype } = x.type
  const factor = multiply(b, scale, rsqrt(b, add(b, variance, epsilon)))
  const shift = subtract(b, offset, multiply(b, mean, factor))
  const scaled = multiply(b, convert(b, x, factor.type.dtype), broadcastVector(b, factor, shape, -1))
  return convert(b, add(b, scaled, broadcastVector(b, shift, shape, -1)), dtype)
}
