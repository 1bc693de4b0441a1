/**
 * 1:1 verification as reported by arcface_torch (`eval/verification.py`): embeddings of an image and of its mirror image are
 * added and L2-normalized, a pair's distance is the squared L2 distance, and ten contiguous folds are tested in turn with the
 * threshold that is best on the other nine.
 *
 * Legend: M images, D embedding size, P pairs.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { evaluateErrors } from './messages.ts'
import { areaUnderRoc, isTellable, type Roc, rocOf, type TarAtFar, tarAtFar } from './roc.ts'

export interface VerificationInput {
  /** f32[M, D] of the images, and of their mirror images. */
  readonly original: Float32Array
  readonly mirrored: Float32Array
  /** D. */
  readonly dim: number
  /** i32[P, 2], image numbers. */
  readonly pairs: Int32Array
  /** u8[P], 1 if a pair shows one person. */
  readonly same: Uint8Array
}

export interface FoldResult {
  readonly accuracy: number
  /** Best on the other nine folds; a pair below it counts as the same person. */
  readonly threshold: number
}

export interface Verification {
  /** Mean over the folds and population standard deviation ("Accuracy-Flip"). */
  readonly accuracy: number
  readonly std: number
  readonly folds: readonly FoldResult[]
  /** Mean embedding norm before normalization, over both pictures of every pair and both passes ("XNorm"). */
  readonly xnorm: number
  /** Fraction of (same, different) pairs of pairs whose distances are in the right order. */
  readonly auc: number
  /** TAR at the false accept rates 0.1, 0.01 and 0.001, if there are enough different pairs to determine it. */
  readonly tar: readonly TarAtFar[]
}

const FOLDS = 10
/** The thresholds 0, 0.01 … 3.99, as produced by `np.arange(0, 4, 0.01)`. */
const THRESHOLDS = Float64Array.from({ length: 400 }, (_, i) => i * 0.01)
const FALSE_ACCEPT_RATES = [1e-1, 1e-2, 1e-3]

/** Squared L2 distances of the pairs' normalized sums, f64[P]: 0 for equal directions, 4 for opposite ones. */
export function pairDistances(input: VerificationInput): Float64Array {
  const { original, mirrored, dim, pairs } = input
  const sums = Float64Array.from(original, (value, i) => value + (mirrored[i] ?? 0))
  for (let start = 0; start < sums.length; start += dim) {
    let square = 0
    for (let i = start; i < start + dim; i++) square += (sums[i] ?? 0) ** 2
    // A zero vector stays zero, as in scikit-learn's normalize.
    const scale = square > 0 ? 1 / Math.sqrt(square) : 1
    for (let i = start; i < start + dim; i++) sums[i] = (sums[i] ?? 0) * scale
  }
  return Float64Array.from({ length: pairs.length / 2 }, (_, p) => {
    const a = (pairs[2 * p] ?? 0) * dim
    const b = (pairs[2 * p + 1] ?? 0) * dim
    let square = 0
    for (let i = 0; i < dim; i++) square += ((sums[a + i] ?? 0) - (sums[b + i] ?? 0)) ** 2
    return square
  })
}

/** Mean norm over both members of every pair and both passes: an image counts once for every pair that uses it. */
function meanNorm({ original, mirrored, dim, pairs }: VerificationInput): number {
  const norm = (data: Float32Array, picture: number) => {
    let square = 0
    for (let i = picture * dim; i < (picture + 1) * dim; i++) square += (data[i] ?? 0) ** 2
    return Math.sqrt(square)
  }
  let sum = 0
  for (const picture of pairs) sum += norm(original, picture) + norm(mirrored, picture)
  return sum / (2 * pairs.length)
}

/** The first threshold greater than `distance`; 400 if there is none. */
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

/** Number of pairs from `start` to `end` that each threshold classifies correctly, i32[400]. */
function rightly(distances: Float64Array, same: Uint8Array, start: number, end: number): Int32Array {
  const right = new Int32Array(THRESHOLDS.length)
  const turns = new Int32Array(THRESHOLDS.length + 1)
  let different = 0
  for (let p = start; p < end; p++) {
    const t = firstAccepting(distances[p] ?? 0)
    if (same[p] === 1) turns[t] = (turns[t] ?? 0) + 1
    else {
      turns[t] = (turns[t] ?? 0) - 1
      different++
    }
  }
  let count = different
  for (let t = 0; t < right.length; t++) {
    count += turns[t] ?? 0
    right[t] = count
  }
  return right
}

/** The accuracies of the tested folds; `distances` f64[P], smaller for more similar images. */
export function tenFolds(distances: Float64Array, same: Uint8Array): FoldResult[] {
  const starts = foldStarts(distances.length)
  const right = Array.from({ length: FOLDS }, (_, fold) =>
    rightly(distances, same, starts[fold] ?? 0, starts[fold + 1] ?? 0),
  )
  return right.map((tested, fold) => {
    let best = 0
    let bestCount = -1
    for (let t = 0; t < THRESHOLDS.length; t++) {
      const count = right.reduce((sum, other, f) => (f === fold ? sum : sum + (other[t] ?? 0)), 0)
      if (count > bestCount) {
        bestCount = count
        best = t
      }
    }
    const size = (starts[fold + 1] ?? 0) - (starts[fold] ?? 0)
    return { accuracy: (tested[best] ?? 0) / size, threshold: THRESHOLDS[best] ?? 0 }
  })
}

/** Throws ARC6301 if an embedding isn't finite: thresholds are meaningless then. */
function checkFinite(data: Float32Array, dim: number, which: string): void {
  const bad = data.findIndex((value) => !Number.isFinite(value))
  if (bad < 0) return
  throw evaluateErrors('ARC6301', {
    dim: bad % dim,
    which,
    index: Math.floor(bad / dim),
    value: data[bad] ?? Number.NaN,
  })
}

/** Verifies a pair set. Throws ARC6301 if an embedding is not finite, and ARC6302 if there are fewer than ten pairs or only one kind. */
export function verify(input: VerificationInput): Verification {
  const { original, mirrored, dim, pairs, same } = input
  if (original.length !== mirrored.length || original.length % dim !== 0) {
    bug(`embeddings of ${original.length} and ${mirrored.length} values for dimension ${dim}`)
  }
  if (pairs.length !== 2 * same.length) bug(`${pairs.length} pictures in ${same.length} pairs`)
  const people = same.reduce((sum, flag) => sum + flag, 0)
  if (same.length < FOLDS || people === 0 || people === same.length) {
    throw evaluateErrors('ARC6302', { same: people, different: same.length - people })
  }
  checkFinite(original, dim, 'picture')
  checkFinite(mirrored, dim, 'mirrored picture')
  const distances = pairDistances(input)
  const folds = tenFolds(distances, same)
  const accuracy = folds.reduce((sum, fold) => sum + fold.accuracy, 0) / FOLDS
  const variance = folds.reduce((sum, fold) => sum + (fold.accuracy - accuracy) ** 2, 0) / FOLDS
  const roc: Roc = rocOf(distances, same)
  return {
    accuracy,
    std: Math.sqrt(variance),
    folds,
    xnorm: meanNorm(input),
    auc: areaUnderRoc(roc),
    tar: FALSE_ACCEPT_RATES.filter((far) => isTellable(roc, far)).map((far) => tarAtFar(roc, far)),
  }
}
