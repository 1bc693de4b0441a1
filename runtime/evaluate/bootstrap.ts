/**
 * The uncertainty of a ten-fold accuracy by the bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, percentile
 * interval): the pairs of each fold are drawn anew with replacement, as many as it has, and the whole test is repeated with its
 * choice of thresholds.
 *
 * Legend: P pairs.
 */
import { fold, type Key, purpose, rootKey, threefry } from '../random.ts'
import { countFold, FOLDS, foldStarts, kindOf, pairKinds, testFolds } from './ten-folds.ts'

/** Repetitions of the test; fewer for sets with so many pairs that it would take longer than about a second. */
const repetitions = 1000
const fewestRepetitions = 100
const mostDraws = 1e8
/** The share of repetitions within the interval. */
const confidence = 0.95

/** Value at a share of the ascending values, between two of them if need be. */
function quantile(ascending: Float64Array, share: number): number {
  const at = share * (ascending.length - 1)
  const low = ascending[Math.floor(at)] ?? 0
  const high = ascending[Math.ceil(at)] ?? 0
  return low + (at - Math.floor(at)) * (high - low)
}

/**
 * The kinds of `pairs.length` pairs that are drawn from these, as counts i32[`pairKinds`]. The generator is xorshift128 (Marsaglia,
 * Xorshift RNGs, 2003), seeded with a key: Threefry itself would take ten times as long.
 */
function drawKinds(pairs: Uint16Array, key: Key): Int32Array {
  const counts = new Int32Array(pairKinds)
  let [x, y] = threefry(key, 0, 0)
  let [z, w] = threefry(key, 1, 0)
  w |= 1
  for (let i = 0; i < pairs.length; i++) {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
    const kind = pairs[Math.floor(((w >>> 0) / 2 ** 32) * pairs.length)] ?? 0
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** The 95 % interval of the accuracy; the same for the same input. `distances` f64[P], `same` u8[P], at least ten pairs. */
export function accuracyInterval(distances: Float64Array, same: Uint8Array): readonly [low: number, high: number] {
  const starts = foldStarts(distances.length)
  const kinds = Uint16Array.from(distances, (distance, p) => kindOf(distance, same[p] ?? 0))
  const folds = Array.from({ length: FOLDS }, (_, number) => kinds.subarray(starts[number], starts[number + 1]))
  const count = Math.max(fewestRepetitions, Math.min(repetitions, Math.floor(mostDraws / distances.length)))
  const key = fold(rootKey(0), purpose.bootstrap)
  const accuracies = Float64Array.from({ length: count }, (_, repetition) => {
    const own = fold(key, repetition)
    return testFolds(folds.map((pairs, number) => countFold(drawKinds(pairs, fold(own, number))))).accuracy
  }).sort()
  return [quantile(accuracies, (1 - confidence) / 2), quantile(accuracies, (1 + confidence) / 2)]
}
