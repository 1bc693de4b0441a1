/**
 * Batch normalization (arXiv:1502.03167), with PyTorch's running statistics.
 *
 * Legend: x [...,C]; scale, offset, mean, variance [C], f32. n = elements of x per channel.
 */

import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import { elementCount } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import {
  add,
  broadcastVector,
  concatenate,
  convert,
  divide,
  meanOver,
  multiply,
  reshape,
  rsqrt,
  sliceDim,
  square,
  subtract,
} from '../ir/ops.ts'
import { showShape } from './tensors.ts'
import type { Call, Float, Tensor } from './types.ts'

/**
 * Normalizes every channel of x to mean 0 and variance 1, then scales and shifts it. In training the statistics are those of the
 * device's batch (with `batch_norm = synced`, of all devices' batches), and the buffers `mean` and `variance` move towards them
 * by `momentum`, with the unbiased variance (n/(n-1)). In evaluation the buffers are the statistics. Statistics are f32; the
 * result keeps x's element type.
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

  const b = call.graph()
  const replicas = model.synced === true ? b.replicas : 1
  const batch =
    replicas > 1
      ? normalizeTogether(b, { x, scale, offset, near: mean, epsilon })
      : normalizeAlone(b, { x, scale, offset, near: mean, epsilon })
  const n = (replicas * elementCount(shape)) / channels
  const unbiased = n > 1 ? n / (n - 1) : 1
  model.update(buffers.mean, blend(call, mean, batch.mean, momentum, 1))
  model.update(buffers.variance, blend(call, variance, batch.variance, momentum, unbiased))
  return batch.y
}

interface BatchNorm {
  readonly x: Value
  readonly scale: Value
  readonly offset: Value
  /** A value near the mean. */
  readonly near: Value
  readonly epsilon: number
}

interface Normalized {
  readonly y: Value
  readonly mean: Value
  readonly variance: Value
}

/** With the statistics of this device's batch. */
function normalizeAlone(b: GraphBuilder, { x, scale, offset, near, epsilon }: BatchNorm): Normalized {
  const [y, mean, variance] = b.addAll('batch_norm_training', [x, scale, offset, near], { epsilon })
  return { y: need(y, 'y'), mean: need(mean, 'the mean'), variance: need(variance, 'the variance') }
}

/**
 * With the statistics of all devices' batches, which have the same size: each device contributes its own mean and variance, which
 * are combined without the cancellation of sums of squares. y is the device's own normalization with a different scale and
 * offset, so the gradient needs no more sums over x than on a single device: (x - m)·g + offset = (x - own m)·own g·(g / own g) +
 * offset + (own m - m)·g, where g = scale / sqrt(variance + epsilon).
 */
function normalizeTogether(b: GraphBuilder, norm: BatchNorm): Normalized {
  const { x, scale, offset, near, epsilon } = norm
  const own = normalizeAlone(b, norm)
  const { mean, variance } = joinStatistics(b, own)
  const slope = (of: Value) => rsqrt(b, add(b, of, epsilon))
  const joint = multiply(b, scale, slope(variance))
  const { y } = normalizeAlone(b, {
    x,
    scale: divide(b, joint, slope(own.variance)),
    offset: add(b, offset, multiply(b, subtract(b, own.mean, mean), joint)),
    near,
    epsilon,
  })
  return { y, mean, variance }
}

/** Mean and variance [C] over all devices: one all-gather of [2,C]. */
function joinStatistics(b: GraphBuilder, own: Normalized): { readonly mean: Value; readonly variance: Value } {
  const channels = own.mean.type.shape[0] ?? 0
  const row = (value: Value) => reshape(b, value, [1, 1, channels])
  const gathered = b.within({ path: 'statistics of batches' }, () =>
    b.add('all_gather', [concatenate(b, [row(own.mean), row(own.variance)], 1)], { dim: 0 }),
  )
  const part = (index: number) => reshape(b, sliceDim(b, gathered, 1, index, index + 1), [b.replicas, channels])
  const means = part(0)
  const mean = meanOver(b, means, [0])
  const apart = subtract(b, means, broadcastVector(b, mean, means.type.shape, 1))
  return { mean, variance: meanOver(b, add(b, part(1), square(b, apart)), [0]) }
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
