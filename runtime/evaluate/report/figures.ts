/** All figures of a verification for its report. */
import type { GroupColumn } from '../../data/verification/pair-groups.ts'
import { accuracyInterval } from '../bootstrap.ts'
import { scoreOf } from '../pair-scores.ts'
import { equalErrorRate, isTellable, rocPoints, tarAtFar } from '../roc.ts'
import type { Verification } from '../verification.ts'
import type { EvaluationFile } from './evaluation-file.ts'
import { groupFigures } from './groups.ts'
import { scoreHistogram } from './histogram.ts'
import { recommend, reportedRates } from './recommend.ts'

/** A set that was verified. */
export interface VerifiedSet {
  readonly same: Uint8Array
  readonly groups: readonly GroupColumn[]
  /** The name of the first or the second picture of a pair. */
  nameOf(pair: number, side: 0 | 1): string
}

type Figures = Omit<EvaluationFile, 'version' | 'arcc' | 'set' | 'network' | 'seconds'>

/** Hard pairs of each kind. */
const mostHard = 20

/** The numbers of the pairs of a kind with the lowest values, the lowest first; of equal ones, the first. */
function lowest(values: Float64Array, same: Uint8Array, kind: 0 | 1): readonly number[] {
  const kept: number[] = []
  const before = (a: number, b: number) => (values[a] ?? 0) - (values[b] ?? 0) || a - b
  for (const pair of values.keys()) {
    if (same[pair] !== kind) continue
    if (kept.length === mostHard && before(pair, kept[mostHard - 1] ?? 0) > 0) continue
    kept.push(pair)
    kept.sort(before)
    kept.length = Math.min(kept.length, mostHard)
  }
  return kept
}

function hardest({ same, nameOf }: VerifiedSet, scores: Float64Array): EvaluationFile['hardest'] {
  const pairs = [
    ...lowest(scores, same, 1),
    ...lowest(
      scores.map((score) => -score),
      same,
      0,
    ),
  ]
  return pairs.map((pair) => {
    return { pair, same: same[pair] === 1, score: scores[pair] ?? 0, a: nameOf(pair, 0), b: nameOf(pair, 1) }
  })
}

/** `far`: the false accept rate of the recommended threshold, which the set determines; `undefined` chooses. */
export function figuresOf(verification: Verification, set: VerifiedSet, far: number | undefined): Figures {
  const { accuracy, deviation, folds, distances, scores, xnorm, auc, roc } = verification
  const points = reportedRates.filter((rate) => isTellable(roc, rate)).map((rate) => tarAtFar(roc, rate))
  const recommended = recommend(roc, folds, far)
  const [low, high] = accuracyInterval(distances, set.same)
  return {
    accuracy,
    deviation,
    interval: [low, high],
    folds: folds.map((fold) => ({ accuracy: fold.accuracy, threshold: scoreOf(fold.threshold) })),
    xnorm,
    auc,
    eer: equalErrorRate(roc),
    tarAtFar: points.map(({ threshold, ...point }) => {
      return { ...point, threshold: Number.isFinite(threshold) ? threshold : null }
    }),
    undetermined: reportedRates.filter((rate) => !isTellable(roc, rate)),
    recommended,
    groups: groupFigures({
      ...{ groups: set.groups, distances, scores, same: set.same },
      ...{ threshold: recommended.threshold, tarAtFar: points },
    }),
    roc: rocPoints(roc),
    histogram: scoreHistogram(scores, set.same),
    hardest: hardest(set, scores),
  }
}
