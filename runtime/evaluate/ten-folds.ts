/**
 * The ten folds of arcface_torch's `eval/verification.py`: contiguous parts of the pairs, each tested with the threshold that is best
 * on the other nine.
 *
 * Legend: P pairs.
 */

export const FOLDS = 10
/** The thresholds 0, 0.01 … 3.99, as produced by `np.arange(0, 4, 0.01)`; a pair with a smaller distance counts as the same person. */
const THRESHOLDS = Float64Array.from({ length: 400 }, (_, i) => i * 0.01)

export interface FoldResult {
  readonly accuracy: number
  /** A squared distance, best on the other nine folds; a pair below it counts as the same person. */
  readonly threshold: number
}

/** The accuracy of a test with ten folds. */
export interface TenFolds {
  readonly folds: readonly FoldResult[]
  /** Mean over the folds and population standard deviation ("Accuracy-Flip"). */
  readonly accuracy: number
  readonly deviation: number
}

/** Number of thresholds, and of one more: of those that no threshold accepts. */
export const thresholdCount = THRESHOLDS.length

/** The number of the first threshold greater than a distance; `thresholdCount` if there is none. */
export function firstAccepting(distance: number): number {
  let t = Math.min(THRESHOLDS.length, Math.max(0, Math.floor(distance * 100)))
  while (t > 0 && (THRESHOLDS[t - 1] ?? 0) > distance) t--
  while (t < THRESHOLDS.length && (THRESHOLDS[t] ?? 0) <= distance) t++
  return t
}

/** The first pair of each fold, and the end: the same split as scikit-learn's KFold without shuffling. */
export function foldStarts(pairs: number): number[] {
  const size = Math.floor(pairs / FOLDS)
  const larger = pairs % FOLDS
  return Array.from({ length: FOLDS + 1 }, (_, fold) => fold * size + Math.min(fold, larger))
}

/** What the thresholds make of the pairs of a fold. */
export interface FoldCounts {
  readonly pairs: number
  /** Number of pairs that each threshold classifies correctly, i32[400]. */
  readonly right: Int32Array
}

/** The counts of some pairs, given by their first accepting threshold and whether they show one person. */
export function countFold(pairs: Iterable<readonly [accepting: number, same: boolean]>): FoldCounts {
  const right = new Int32Array(thresholdCount)
  const turns = new Int32Array(thresholdCount + 1)
  let [all, different] = [0, 0]
  for (const [t, same] of pairs) {
    all++
    turns[t] = (turns[t] ?? 0) + (same ? 1 : -1)
    if (!same) different++
  }
  let count = different
  for (let t = 0; t < right.length; t++) {
    count += turns[t] ?? 0
    right[t] = count
  }
  return { pairs: all, right }
}

/** Tests each fold with the first of the thresholds that are best on the others. */
export function testFolds(counts: readonly FoldCounts[]): TenFolds {
  const total = new Int32Array(thresholdCount)
  for (const { right } of counts) for (let t = 0; t < total.length; t++) total[t] = (total[t] ?? 0) + (right[t] ?? 0)
  const folds = counts.map(({ pairs, right }) => {
    let [best, bestCount] = [0, -1]
    for (let t = 0; t < total.length; t++) {
      const count = (total[t] ?? 0) - (right[t] ?? 0)
      if (count <= bestCount) continue
      bestCount = count
      best = t
    }
    return { accuracy: (right[best] ?? 0) / pairs, threshold: THRESHOLDS[best] ?? 0 }
  })
  const accuracy = folds.reduce((sum, fold) => sum + fold.accuracy, 0) / folds.length
  const variance = folds.reduce((sum, fold) => sum + (fold.accuracy - accuracy) ** 2, 0) / folds.length
  return { folds, accuracy, deviation: Math.sqrt(variance) }
}

/** `distances` f64[P], smaller for more similar images, `same` u8[P], at least ten pairs. */
export function tenFolds(distances: Float64Array, same: Uint8Array): TenFolds {
  const starts = foldStarts(distances.length)
  function* fold(number: number): Generator<readonly [number, boolean]> {
    for (let p = starts[number] ?? 0; p < (starts[number + 1] ?? 0); p++) {
      yield [firstAccepting(distances[p] ?? 0), same[p] === 1]
    }
  }
  return testFolds(Array.from({ length: FOLDS }, (_, number) => countFold(fold(number))))
}
