/**
 * TAR at FAR as `eval_ijbc.py` prints it: at the point of scikit-learn's `roc_curve` whose false positive rate is nearest to the requested
 * one, and of several the one with the largest true positive rate.
 *
 * Legend: P pairs.
 */
import { need } from '../../../grammar/diagnostic.ts'

/** The rates of the program. */
export const ijbRates: readonly number[] = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]

export interface RatePoint {
  /** The requested false accept rate. */
  readonly far: number
  /** That of the point. */
  readonly found: number
  readonly tar: number
  /** Pairs at or above this score are accepted; `undefined` for the point that accepts none. */
  readonly threshold: number | undefined
}

export interface IjbRoc {
  readonly points: readonly RatePoint[]
  /** Area under the curve, by the trapezoidal rule. */
  readonly auc: number
}

/** Pairs that are accepted from a score on. */
interface Step {
  readonly score: number | undefined
  readonly falses: number
  readonly trues: number
}

/** The steps of the curve from the highest score on, one for each distinct score. */
function* steps(same: Float64Array, different: Float64Array): Generator<Step> {
  let t = same.length - 1
  let f = different.length - 1
  while (t >= 0 || f >= 0) {
    const score = Math.max(same[t] ?? Number.NEGATIVE_INFINITY, different[f] ?? Number.NEGATIVE_INFINITY)
    while (t >= 0 && same[t] === score) t--
    while (f >= 0 && different[f] === score) f--
    yield { score, trues: same.length - 1 - t, falses: different.length - 1 - f }
  }
}

/** Ascending scores of the pairs of one kind. */
function sorted(scores: Float64Array, flags: Uint8Array, kind: 0 | 1): Float64Array {
  let count = 0
  for (const flag of flags) if (flag === kind) count++
  const own = new Float64Array(count)
  let at = 0
  for (const [p, flag] of flags.entries()) if (flag === kind) own[at++] = scores[p] ?? 0
  return own.sort()
}

/** `scores` f64[P], finite; `flags` u8[P], 1 for one person; both kinds occur. */
export function ijbRoc(scores: Float64Array, flags: Uint8Array, rates: readonly number[] = ijbRates): IjbRoc {
  const same = sorted(scores, flags, 1)
  const different = sorted(scores, flags, 0)
  const best = rates.map((far) => ({ far, distance: far, falses: 0, trues: 0, score: undefined as number | undefined }))
  const consider = ({ score, falses, trues }: Step) => {
    const rate = falses / different.length
    for (const entry of best) {
      const distance = Math.abs(rate - entry.far)
      // Of equal ones the last counts, which has the larger rates.
      if (distance <= entry.distance) Object.assign(entry, { distance, falses, trues, score })
    }
  }
  let area = 0
  let before: Step = { score: undefined, falses: 0, trues: 0 }
  /** The step before the last, and whether that is the first of all, which `roc_curve` keeps. */
  let last: Step | undefined
  let isFirst = true
  for (const step of steps(same, different)) {
    const previous = last ?? { falses: 0, trues: 0 }
    area += ((step.falses - previous.falses) * (step.trues + previous.trues)) / 2
    if (last !== undefined) {
      // It leaves out steps on a straight line (`drop_intermediate`).
      const isCorner =
        step.falses - last.falses !== last.falses - before.falses ||
        step.trues - last.trues !== last.trues - before.trues
      if (isFirst || isCorner) consider(last)
      isFirst = false
      before = last
    }
    last = step
  }
  consider(need(last, 'a score'))
  return {
    points: best.map(({ far, falses, trues, score }) => ({
      far,
      found: falses / different.length,
      tar: trues / same.length,
      threshold: score,
    })),
    auc: area / (same.length * different.length),
  }
}
