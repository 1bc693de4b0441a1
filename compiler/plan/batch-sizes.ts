/** The batch sizes that the planner tries, and the search for the largest that is allowed. */
import type { Experiment } from '../experiment/experiment.ts'
import type { Host } from '../host/host.ts'
import { hasRoom, holds, isAllowed, limitsBatch, plannedQuantity, roomOf } from './bounds.ts'
import { type Candidate, tryChange } from './candidate.ts'
import { batchSetting, type Change, changed } from './paths.ts'

/** The largest batch per device that `auto` chooses. */
export const largestChosen = 1024

const small = [1, 2, 4, 8, 12] as const

/** Batch sizes per device up to `most`: powers of two and the midpoints between them. */
export function batchSizes(most: number): readonly number[] {
  const sizes: number[] = [...small]
  for (let size = 16; size <= most; size *= 2) sizes.push(size, size * 1.5)
  return sizes.filter((size) => size <= most)
}

export interface BatchSearch {
  /** The largest size within the limits; `undefined` if there is none. */
  readonly best: Candidate | undefined
  /** The next size, which exceeds them; `undefined` if there is none. Without a `best`, the smallest size that can be planned. */
  readonly next: Candidate | undefined
}

/** The first sizes at or above these are planned first, to estimate the growth of memory and time. */
const probes = [16, 64] as const

/**
 * The largest of `batchSizes(most)` that leaves room in memory and satisfies the `require`s that limit a batch. The limited figures
 * grow almost linearly with the batch, so two plans predict the result. The returned size and the next one have both been planned.
 */
export function largestBatch(experiment: Experiment, change: Change, most: number, host: Host): BatchSearch {
  const parts = changed(experiment, change).train.accumulate
  const sizes = batchSizes(most).filter((size) => size % parts === 0)
  const tried = new Map<number, Candidate | undefined>()
  const planSize = (size: number | undefined): Candidate | undefined => {
    if (size === undefined) return undefined
    if (!tried.has(size)) tried.set(size, tryChange(experiment, [...change, batchSetting(size)], host))
    return tried.get(size)
  }
  const plan = (index: number) => planSize(sizes[index])
  const limits = experiment.requires.filter(limitsBatch)
  const fits = (index: number) => {
    const candidate = plan(index)
    return candidate !== undefined && hasRoom(candidate) && limits.every((require) => holds(require, candidate))
  }
  let at = guess(experiment, sizes, planSize)
  while (at >= 0 && !fits(at)) at--
  if (at < 0) {
    // The smallest size cannot always be planned: batch normalization needs two images.
    at = sizes.findIndex((_, index) => plan(index) !== undefined)
    if (at < 0)
      return { best: undefined, next: planSize(batchSizes(2 * most).find((size) => size > most && size % parts === 0)) }
    if (!fits(at)) return { best: undefined, next: plan(at) }
  }
  while (at + 1 < sizes.length && fits(at + 1)) at++
  at = fastest(at, plan)
  return { best: plan(at), next: plan(at + 1) }
}

/** The largest size is the fastest within a few percent: if it is too slow for a `require`, a smaller one may be fast enough. */
function fastest(largest: number, plan: (index: number) => Candidate | undefined): number {
  for (let at = largest; ; at--) {
    const candidate = plan(at)
    if (candidate === undefined || isAllowed(candidate)) return at
    const smaller = plan(at - 1)
    if (smaller === undefined || smaller.time.samplesPerSecond <= candidate.time.samplesPerSecond) return at
  }
}

/** The index in `sizes` at which a line through the probes first exceeds a limit. */
function guess(
  { requires, machine }: Experiment,
  sizes: readonly number[],
  plan: (size: number | undefined) => Candidate | undefined,
): number {
  const last = sizes.length - 1
  const [low, high] = probes.map((probe) => {
    const size = sizes.find((known) => known >= probe)
    return size === undefined ? undefined : { size, candidate: plan(size) }
  })
  if (low?.candidate === undefined || high?.candidate === undefined || high.size === low.size) return last
  const [a, b] = [low.candidate, high.candidate]
  const lines = [
    { bound: roomOf(machine.device), from: a.memory.peak, to: b.memory.peak },
    ...requires
      .filter(limitsBatch)
      .map(({ quantity, bound }) => ({ bound, from: plannedQuantity(quantity, a), to: plannedQuantity(quantity, b) })),
  ]
  const largest = lines
    .filter(({ from, to }) => to > from)
    .map(({ bound, from, to }) => low.size + ((bound - from) / (to - from)) * (high.size - low.size))
    .reduce((least, size) => Math.min(least, size), Number.POSITIVE_INFINITY)
  return Math.max(
    0,
    sizes.findLastIndex((size) => size <= largest),
  )
}
