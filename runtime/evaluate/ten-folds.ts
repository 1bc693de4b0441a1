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

const thresholdCount = THRESHOLDS.length

/** The number of the first threshold greater than a distance; `thresholdCount` if there is none. */
function firstAccepting(distance: number): number {
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

/**
 * What the test knows of a pair: its first accepting threshold and whether it shows one person, as one number below `pairKinds`.
 */
export function kindOf(distance: number, same: number): number {
  return 2 * firstAccepting(distance) + same
}

export const pairKinds = 2 * (thresholdCount + 1)

/** The counts of a fold from the number of its pairs of each kind, i32[`pairKinds`]. */
export function countFold(kinds: Int32Array): FoldCounts {
  const right = new Int32Array(thresholdCount)
  let [pairs, different] = [0, 0]
  for (let kind = 0; kind < pairKinds; kind++) {
    pairs += kinds[kind] ?? 0
    if (kind % 2 === 0) different += kinds[kind] ?? 0
  }
  let count = different
  for (let t = 0; t < thresholdCount; t++) {
    count += (kinds[2 * t + 1] ?? 0) - (kinds[2 * t] ?? 0)
    right[t] = count
  }
  return { pairs, right }
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
  const counts = Array.from({ length: FOLDS }, (_, number) => {
    const kinds = new Int32Array(pairKinds)
    for (let p = starts[number] ?? 0; p < (starts[number + 1] ?? 0); p++) {
      const kind = kindOf(distances[p] ?? 0, same[p] ?? 0)
      kinds[kind] = (kinds[kind] ?? 0) + 1
    }
    return countFold(kinds)
  })
  return testFolds(counts)
}
