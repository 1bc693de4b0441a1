/**
 * Finds the thresholds of false accept rates from histograms of impostor scores, each of which covers a window of ordinals: a coarse one
 * narrows the thresholds down, one whose bins are single f32 numbers determines them.
 *
 * Legend: K bins.
 */
import { need } from '../../../grammar/diagnostic.ts'
import { ordinalOf } from './ordinal.ts'

/** Ordinals from `floor` on are counted, 2^shift in a bin; the last bin has all that are beyond. */
export interface Window {
  readonly floor: number
  readonly shift: number
}

/** Scores of normalized vectors, with their rounding errors. */
const LOWEST = ordinalOf(-1.01)
const HIGHEST = ordinalOf(1.01)

/** A false accept rate on its way to its threshold. */
export interface Target {
  /** Impostors that may be accepted. */
  readonly allowed: number
  /** The first impostor score that is not accepted has an ordinal in [low, high). */
  low: number
  high: number
  /** The smallest ordinal that at most `allowed` impostor scores reach, and how many do; once known. */
  found: { readonly ordinal: number; readonly accepted: number } | undefined
}

export function newTarget(allowed: number): Target {
  return { allowed, low: LOWEST, high: HIGHEST, found: undefined }
}

/** The window of K bins from `low` to `high`, as fine as possible. */
export function windowOf(low: number, high: number, bins: number): Window {
  let shift = 0
  while ((bins - 1) * 2 ** shift < high - low) shift++
  return { floor: low, shift }
}

/** The window for the unknown thresholds; `undefined` if all are known. */
export function nextWindow(targets: readonly Target[], bins: number): Window | undefined {
  const [lowest] = targets.filter(({ found }) => found === undefined).sort((a, b) => a.low - b.low)
  return lowest && windowOf(lowest.low, lowest.high, bins)
}

/** Narrows the targets by a histogram f64[K] of all impostor scores. */
export function narrow(targets: readonly Target[], histogram: Float64Array, { floor, shift }: Window): void {
  const waiting = targets.filter(({ found }) => found === undefined).sort((a, b) => a.allowed - b.allowed)
  const last = histogram.length - 1
  const width = 2 ** shift
  let above = 0
  let next = 0
  for (let bin = last; bin >= 0 && next < waiting.length; bin--) {
    const before = above
    above += histogram[bin] ?? 0
    while (next < waiting.length && above > need(waiting[next], 'a target').allowed) {
      const target = need(waiting[next++], 'a target')
      target.low = Math.max(target.low, floor + bin * width)
      if (bin < last) target.high = Math.min(target.high, floor + (bin + 1) * width)
      if (bin < last && shift === 0) target.found = { ordinal: floor + bin + 1, accepted: before }
    }
  }
  // All that are counted may be accepted: the next score is below the window.
  for (const target of waiting.slice(next)) target.high = Math.min(target.high, floor)
}
