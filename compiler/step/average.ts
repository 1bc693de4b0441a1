/** The exponential moving average of the weights: what `train.average` asks for, in f32. */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { AverageValue } from '../values/value.ts'
import { scaleBy } from './update.ts'

/**
 * The part of the average that update number `update` (from 1, f32 []) keeps, f32 []: none at the first update, so that the average
 * begins as a copy of the weights, like PyTorch's `AveragedModel`; later `decay`, with warmup at most (1 + n) / (10 + n) after
 * n earlier updates, as TensorFlow's `ExponentialMovingAverage` does.
 */
export function averageDecay(b: GraphBuilder, { decay, warmup }: AverageValue, update: Value): Value {
  const early = ops.divide(b, update, ops.add(b, update, 9))
  const later = warmup ? ops.minimum(b, early, decay) : ops.splat(b, decay, update.type)
  return ops.select(b, ops.compare(b, 'GT', update, 1), later, 0)
}

/** The average after an update: `kept` (f32 []) of the old one, the rest of the new weight. */
export function averaged(b: GraphBuilder, kept: Value, average: Value, weight: Value): Value {
  const part = ops.subtract(b, 1, kept)
  return ops.add(b, scaleBy(b, average, kept), scaleBy(b, weight, part))
}
