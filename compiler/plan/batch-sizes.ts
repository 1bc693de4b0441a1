/** The batch sizes that the planner tries, and the search for the largest that fits. */
import type { Experiment } from '../experiment.ts'
import type { Host } from '../host.ts'
import { type Candidate, type Change, tryChange } from './candidate.ts'

/** Images of one device: powers of two and what lies halfway between them. */
export const batchSizes = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024] as const

export interface BatchSearch {
  /** The largest that fits; `undefined` where none does. */
  readonly best: Candidate | undefined
  /** The next size, which does not; `undefined` where there is no next size. */
  readonly tooLarge: Candidate | undefined
}

/** Sizes that are planned first: they tell how memory grows. */
const probes = [16, 64] as const

/**
 * The largest of `batchSizes`, at most `most`, whose peak is at most `limit` bytes. Memory grows almost linearly with the batch, so
 * two plans say where to look; what is answered has been planned, and so has the next size.
 */
export function largestBatch(
  experiment: Experiment,
  change: Change,
  { limit, most }: { readonly limit: number; readonly most: number },
  host: Host,
): BatchSearch {
  const sizes = batchSizes.filter((size) => size <= most)
  const planned = new Map<number, Candidate | undefined>()
  const plan = (index: number): Candidate | undefined => {
    const size = sizes[index]
    if (size === undefined) return undefined
    if (!planned.has(size)) planned.set(size, tryChange(experiment, { ...change, batchPerDevice: size }, host))
    return planned.get(size)
  }
  const fits = (index: number) => (plan(index)?.memory.peak ?? Number.POSITIVE_INFINITY) <= limit
  let at = guess(sizes, plan, limit)
  while (at >= 0 && !fits(at)) at--
  while (at >= 0 && at + 1 < sizes.length && fits(at + 1)) at++
  return { best: plan(at), tooLarge: plan(at + 1) }
}

/** Where a line through the probes passes the limit: an index of `sizes`. */
function guess(sizes: readonly number[], plan: (index: number) => Candidate | undefined, limit: number): number {
  const [low, high] = probes.map((size) => ({ size, peak: plan(sizes.indexOf(size))?.memory.peak }))
  if (low?.peak === undefined || high?.peak === undefined || high.peak <= low.peak) return sizes.length - 1
  const perImage = (high.peak - low.peak) / (high.size - low.size)
  const largest = low.size + (limit - low.peak) / perImage
  return Math.max(
    0,
    sizes.findLastIndex((size) => size <= largest),
  )
}
