/**
 * 1:1 verification as reported by arcface_torch (`eval/verification.py`): embeddings of an image and of its mirror image are
 * added and L2-normalized, a pair's distance is the squared L2 distance, and ten contiguous folds are tested in turn with the
 * threshold that is best on the other nine.
 *
 * Legend: M images, D embedding size, P pairs.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { evaluateErrors } from './messages.ts'
import { type EmbeddedPairs, meanNorm, pairDistances, scoreOf } from './pair-scores.ts'
import { areaUnderRoc, isTellable, type Roc, type RocPoint, rocOf, tarAtFar } from './roc.ts'
import { FOLDS, type TenFolds, tenFolds } from './ten-folds.ts'

export interface VerificationInput extends EmbeddedPairs {
  /** u8[P], 1 if a pair shows one person. */
  readonly same: Uint8Array
}

export interface Verification extends TenFolds {
  /** Squared distances and cosines of the pairs, f64[P]. */
  readonly distances: Float64Array
  readonly scores: Float64Array
  /** Mean embedding norm before normalization, over both pictures of every pair and both passes ("XNorm"). */
  readonly xnorm: number
  /** Fraction of (same, different) pairs of pairs whose scores are in the right order. */
  readonly auc: number
  /** Of the scores. */
  readonly roc: Roc
  /** TAR at the false accept rates 0.1, 0.01 and 0.001, if there are enough different pairs to determine it. */
  readonly tar: readonly RocPoint[]
}

const FALSE_ACCEPT_RATES = [1e-1, 1e-2, 1e-3]

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
  const scores = distances.map(scoreOf)
  const roc = rocOf(scores, same)
  return {
    ...tenFolds(distances, same),
    distances,
    scores,
    xnorm: meanNorm(input),
    auc: areaUnderRoc(roc),
    roc,
    tar: FALSE_ACCEPT_RATES.filter((far) => isTellable(roc, far)).map((far) => tarAtFar(roc, far)),
  }
}
