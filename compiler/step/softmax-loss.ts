/**
 * The loss of the head from each device's softmax statistics, with label smoothing (arXiv:1512.00567, section 7): the target
 * probability of the true class is 1 − ε + ε/n, that of every other class ε/n, over the n classes of the step. For a sample these are
 * the classes in it, the only ones whose probabilities the step computes.
 *
 * Legend: B rows of the batch (with replicated centers those of one device).
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { ClassShard } from '../ir/state-tensor.ts'
import type { HeadRules, SoftmaxStatistics } from './head-chunk.ts'
import type { SoftmaxTotal } from './head-gradients.ts'
import type { StepRows } from './head-rows.ts'

/** The number of classes of all shards. */
export function classCount(shards: readonly ClassShard[]): number {
  return shards.reduce((sum, shard) => sum + shard.count, 0)
}

/** The number of this device's classes in a sample, f32 []; `undefined` if all classes take part. */
export function ownClasses(b: GraphBuilder, { sample }: StepRows): Value | undefined {
  return sample === undefined ? undefined : ops.sumAll(b, ops.convert(b, sample.present, 'f32'))
}

/** ε/n [B] for n classes in the step; `undefined` without label smoothing. */
export function smoothingShare(
  b: GraphBuilder,
  { smoothing }: HeadRules,
  { max }: SoftmaxStatistics,
  classes: Value | number,
): Value | undefined {
  if (smoothing === 0) return undefined
  if (typeof classes === 'number') return ops.splat(b, smoothing / classes, max.type)
  return ops.broadcastScalar(b, ops.divide(b, smoothing, classes), max.type.shape)
}

/**
 * The mean loss over the global batch: of the sums over the classes for a sigmoid per class; for softmax
 * −mean(target − max − log(sum)): the contribution of this device's rows. With label smoothing ε, the target
 * is (1 − ε) times the logit of the true class plus ε times the mean of all logits.
 */
export function meanLoss(
  b: GraphBuilder,
  { margin, batch, smoothing }: HeadRules,
  total: SoftmaxStatistics & Pick<SoftmaxTotal, 'share'>,
): Value {
  const { logits, share } = total
  if (margin.loss === 'sigmoid') return ops.multiply(b, ops.sumOver(b, total.sum, [0]), 1 / batch)
  const target =
    logits === undefined || share === undefined
      ? total.target
      : ops.add(b, ops.multiply(b, total.target, 1 - smoothing), ops.multiply(b, logits, share))
  const logProbability = ops.subtract(b, ops.subtract(b, target, total.max), ops.log(b, total.sum))
  return ops.multiply(b, ops.sumOver(b, logProbability, [0]), -1 / batch)
}
