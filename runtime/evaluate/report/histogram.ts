/** A histogram of the scores of both kinds of pairs. */
import type { EvaluationFile } from './evaluation-file.ts'

const mostBins = 100
/** Bins per unit of the score, from narrow to wide: limits are round numbers. */
const perUnit = [1e6, 5e5, 2e5, 1e5, 5e4, 2e4, 1e4, 5000, 2000, 1000, 500, 200, 100, 50] as const

/** `scores` f64[P], from -1 to 1, `same` u8[P]. The bins are as narrow as at most 100 of them allow; each includes its lower limit. */
export function scoreHistogram(scores: Float64Array, same: Uint8Array): EvaluationFile['histogram'] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const score of scores) {
    low = Math.min(low, score)
    high = Math.max(high, score)
  }
  const limits = (unit: number) => [Math.floor(low * unit), Math.floor(high * unit) + 1] as const
  const unit = perUnit.find((bins) => limits(bins)[1] - limits(bins)[0] <= mostBins) ?? 50
  const [first, end] = limits(unit)
  const bins = end - first
  const counts = [0, 1].map(() => new Array<number>(bins).fill(0))
  for (const [pair, score] of scores.entries()) {
    const own = counts[same[pair] ?? 0]
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(score * unit) - first))
    if (own !== undefined) own[bin] = (own[bin] ?? 0) + 1
  }
  const [different = [], people = []] = counts
  return { edges: Array.from({ length: bins + 1 }, (_, i) => (first + i) / unit), same: people, different }
}
