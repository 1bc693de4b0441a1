/** The threshold that a set recommends. */

import { scoreOf } from '../pair-scores.ts'
import { isTellable, type Roc, tarAtFar } from '../roc.ts'
import type { TenFolds } from '../ten-folds.ts'
import type { EvaluationFile } from './evaluation-file.ts'

/** The false accept rates of reports, the largest first. */
export const reportedRates = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const

type Recommendation = EvaluationFile['recommended']

/** The rates of the pairs at a threshold. */
function ratesAt({ threshold, same, different, trueAccepts, falseAccepts }: Roc, cosine: number) {
  let last = 0
  while (last + 1 < threshold.length && (threshold[last + 1] ?? 0) >= cosine) last++
  return { far: (falseAccepts[last] ?? 0) / different, tar: (trueAccepts[last] ?? 0) / same }
}

/** `1e-3`, `0.025` */
export function rateText(rate: number): string {
  const power = Math.log10(rate)
  return Math.abs(power - Math.round(power)) < 1e-9 ? `1e${Math.round(power)}` : String(rate)
}

/** Pairs of two people that determine a rate: one of them may be accepted. */
export function pairsFor(far: number): number {
  return Math.ceil(1 / far - 1e-9)
}

/**
 * The threshold of the asked false accept rate; without one, of the smallest reported rate that the set determines. A set that
 * determines none recommends the mean of the thresholds of its ten folds. `far` has to be determined by the set.
 */
export function recommend(roc: Roc, folds: TenFolds['folds'], far: number | undefined): Recommendation {
  const rates = far === undefined ? reportedRates.filter((rate) => isTellable(roc, rate)).toReversed() : [far]
  for (const rate of rates) {
    const { threshold } = tarAtFar(roc, rate)
    if (!Number.isFinite(threshold)) continue
    const why =
      far === undefined
        ? `the smallest of the false accept rates 1e-1 … 1e-6 that ${roc.different.toLocaleString('en-US')} pairs of two people determine is ${rateText(rate)}`
        : `the false accept rate ${rateText(rate)} was asked for`
    return { threshold, ...ratesAt(roc, threshold), why }
  }
  const distance = folds.reduce((sum, fold) => sum + fold.threshold, 0) / folds.length
  const threshold = scoreOf(distance)
  const why = `no threshold is known for ${far === undefined ? 'a false accept rate' : `the false accept rate ${rateText(far)}`}: it is the mean of those of the ten folds, which make the fewest errors`
  return { threshold, ...ratesAt(roc, threshold), why }
}
