/**
 * The softmax statistics of all classes, from those of each device's classes, with one of two exchanges; the results differ in rounding.
 *
 * - `gather`: every device gets the n statistics of all, [R,n,B], and combines them. One exchange, in which each device passes on those of
 *   all others: the bytes grow with the batch of all devices and with their number.
 * - `reduce`: the maxima of all devices, then the sums relative to them. Two exchanges that depend on each other, but their bytes grow with
 *   the batch alone, and no device has to hold the statistics of another.
 *
 * Legend: R replicas, B rows of the batch.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Margin } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { SoftmaxStatistics } from './head-chunk.ts'

export const statisticsExchanges = ['gather', 'reduce'] as const
export type StatisticsExchange = (typeof statisticsExchanges)[number]

/** What the devices exchange. */
export interface OwnStatistics {
  readonly statistics: SoftmaxStatistics
  /** The number of classes in a sample, f32 []; `undefined` if all take part. Exchanged with label smoothing only, which needs it. */
  readonly classes: Value | undefined
}

/** Combines the statistics of each device's classes into those of all; `classes` is then the number of classes of all. */
export function joinOverReplicas(
  b: GraphBuilder,
  { exchange, loss }: { readonly exchange: StatisticsExchange } & Pick<Margin, 'loss'>,
  own: OwnStatistics,
): OwnStatistics {
  const counted = own.statistics.logits === undefined ? { ...own, classes: undefined } : own
  if (exchange === 'gather') return gathered(b, counted)
  return loss === 'sigmoid' ? sigmoidReduced(b, counted) : reduced(b, counted)
}

function gathered(b: GraphBuilder, { statistics: own, classes }: OwnStatistics): OwnStatistics {
  const rows = own.max.type.shape[0] ?? 0
  const counts = classes === undefined ? [] : [ops.broadcastScalar(b, classes, [rows])]
  const parts = [own.max, own.sum, own.target, ...(own.logits === undefined ? [] : [own.logits]), ...counts]
  const packed = ops.concatenate(
    b,
    parts.map((value) => ops.reshape(b, value, [1, rows])),
    0,
  )
  const all = b.within({ path: 'softmax statistics' }, () =>
    b.add('all_gather', [ops.reshape(b, packed, [1, parts.length, rows])], { dim: 0 }),
  )
  const part = (index: number) => ops.reshape(b, ops.sliceDim(b, all, 1, index, index + 1), [b.replicas, rows])
  const maxima = part(0)
  const max = ops.maxOver(b, maxima, [0])
  const scale = ops.exponential(b, ops.subtract(b, maxima, ops.broadcastVector(b, max, maxima.type.shape, 1)))
  return {
    statistics: {
      max,
      sum: ops.sumOver(b, ops.multiply(b, part(1), scale), [0]),
      target: ops.sumOver(b, part(2), [0]),
      logits: own.logits && ops.sumOver(b, part(3), [0]),
    },
    classes: classes && ops.reshape(b, ops.sliceDim(b, ops.sumOver(b, part(4), [0]), 0, 0, 1), []),
  }
}

function reduced(b: GraphBuilder, { statistics: own, classes }: OwnStatistics): OwnStatistics {
  const max = b.within({ path: 'softmax maxima' }, () => b.add('all_reduce', [own.max], { reduction: 'max' }))
  const scale = ops.exponential(b, ops.subtract(b, own.max, max))
  const sums = sumTogether(b, [
    ops.multiply(b, own.sum, scale),
    own.target,
    ...(own.logits === undefined ? [] : [own.logits]),
    ...(classes === undefined ? [] : [ops.reshape(b, classes, [1])]),
  ])
  const part = (index: number) => need(sums[index], 'a sum of the softmax')
  return {
    statistics: { max, sum: part(0), target: part(1), logits: own.logits && part(2) },
    classes: classes && ops.reshape(b, part(3), []),
  }
}

/** A sigmoid's loss is a sum; it has no maximum, and the other statistics are 0. */
function sigmoidReduced(b: GraphBuilder, { statistics: own, classes }: OwnStatistics): OwnStatistics {
  const [sum = own.sum] = sumTogether(b, [own.sum])
  return { statistics: { ...own, sum }, classes }
}

/** The sums over the devices of tensors of one dim, in one exchange. */
function sumTogether(b: GraphBuilder, parts: readonly Value[]): readonly Value[] {
  const packed = ops.concatenate(b, parts, 0)
  const [sums = packed] = b.within({ path: 'softmax sums' }, () => ops.sumOverReplicas(b, [packed]))
  let end = 0
  return parts.map(({ type }) => {
    const start = end
    end += type.shape[0] ?? 0
    return ops.sliceDim(b, sums, 0, start, end)
  })
}
