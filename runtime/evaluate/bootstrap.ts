/**
 * The uncertainty of a ten-fold accuracy by the bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, percentile
 * interval): the pairs of each fold are drawn anew with replacement, as many as it has, and the whole test is repeated with its
 * choice of thresholds.
 *
 * Legend: P pairs.
 */
import { createStream, fold, purpose, rootKey } from '../random.ts'
import { countFold, FOLDS, firstAccepting, foldStarts, testFolds } from './ten-folds.ts'

/** Repetitions of the test; fewer for sets with so many pairs that it would take longer than some seconds. */
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

/** The 95 % interval of the accuracy; the same for the same input. `distances` f64[P], `same` u8[P], at least ten pairs. */
export function accuracyInterval(distances: Float64Array, same: Uint8Array): readonly [low: number, high: number] {
  const starts = foldStarts(distances.length)
  const accepting = Uint16Array.from(distances, firstAccepting)
  const count = Math.max(fewestRepetitions, Math.min(repetitions, Math.floor(mostDraws / distances.length)))
  const key = fold(rootKey(0), purpose.bootstrap)
  const accuracies = Float64Array.from({ length: count }, (_, repetition) => {
    const random = createStream(fold(key, repetition))
    function* drawn(number: number): Generator<readonly [number, boolean]> {
      const [start, end] = [starts[number] ?? 0, starts[number + 1] ?? 0]
      for (let p = start; p < end; p++) {
        const pair = start + random.integer(end - start)
        yield [accepting[pair] ?? 0, same[pair] === 1]
      }
    }
    return testFolds(Array.from({ length: FOLDS }, (__, number) => countFold(drawn(number)))).accuracy
  }).sort()
  return [quantile(accuracies, (1 - confidence) / 2), quantile(accuracies, (1 + confidence) / 2)]
}
