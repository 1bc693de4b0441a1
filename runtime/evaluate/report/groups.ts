/**
 * The figures of groups of pairs. Thresholds are those of all pairs: a system has one threshold for everybody, and what groups have at
 * it is what they get.
 *
 * Legend: P pairs.
 */
import type { GroupColumn } from '../../data/verification/pair-groups.ts'
import type { RocPoint } from '../roc.ts'
import { FOLDS, foldStarts, tenFolds } from '../ten-folds.ts'
import type { EvaluationFile } from './evaluation-file.ts'

type GroupFigures = EvaluationFile['groups'][number]

export interface GroupInput {
  readonly groups: readonly GroupColumn[]
  /** f64[P] */
  readonly distances: Float64Array
  readonly scores: Float64Array
  /** u8[P] */
  readonly same: Uint8Array
  /** The recommended threshold. */
  readonly threshold: number
  /** Of all pairs. */
  readonly tarAtFar: readonly RocPoint[]
}

function shareOf(count: number, all: number): number | null {
  return all === 0 ? null : count / all
}

/** Accepted shares of both kinds at a threshold; null without pairs of the kind. */
function acceptedAt(threshold: number, scores: Float64Array, same: Uint8Array) {
  const accepted = [0, 0]
  const all = [0, 0]
  for (const [p, score] of scores.entries()) {
    const kind = same[p] ?? 0
    all[kind] = (all[kind] ?? 0) + 1
    if (score >= threshold) accepted[kind] = (accepted[kind] ?? 0) + 1
  }
  const [falses = 0, trues = 0] = accepted
  const [different = 0, people = 0] = all
  return { falseAcceptRate: shareOf(falses, different), trueAcceptRate: shareOf(trues, people) }
}

function deviationOver(right: Uint8Array): number | null {
  if (right.length < FOLDS) return null
  const starts = foldStarts(right.length)
  const shares = Array.from({ length: FOLDS }, (_, fold) => {
    const own = right.subarray(starts[fold], starts[fold + 1])
    return own.reduce((sum, one) => sum + one, 0) / own.length
  })
  const mean = shares.reduce((sum, one) => sum + one, 0) / FOLDS
  return Math.sqrt(shares.reduce((sum, one) => sum + (one - mean) ** 2, 0) / FOLDS)
}

function figuresOf(column: string, value: string, pairs: Uint32Array, input: GroupInput): GroupFigures {
  const { threshold } = input
  const distances = Float64Array.from(pairs, (p) => input.distances[p] ?? 0)
  const scores = Float64Array.from(pairs, (p) => input.scores[p] ?? 0)
  const same = Uint8Array.from(pairs, (p) => input.same[p] ?? 0)
  const people = same.reduce((sum, flag) => sum + flag, 0)
  const right = Uint8Array.from(scores, (score, p) => (score >= threshold === (same[p] === 1) ? 1 : 0))
  const isWhole = pairs.length >= FOLDS && people > 0 && people < pairs.length
  const { accuracy, deviation } = isWhole ? tenFolds(distances, same) : { accuracy: 0, deviation: 0 }
  return {
    ...{ column, value, pairs: pairs.length, same: people },
    accuracy: right.reduce((sum, one) => sum + one, 0) / right.length,
    deviation: deviationOver(right),
    ...acceptedAt(threshold, scores, same),
    tenFold: isWhole ? { accuracy, deviation } : null,
    tarAtFar: input.tarAtFar.map((point) => {
      const { trueAcceptRate: tar, falseAcceptRate } = acceptedAt(point.threshold, scores, same)
      return {
        far: point.far,
        tar,
        threshold: Number.isFinite(point.threshold) ? point.threshold : null,
        falseAcceptRate,
      }
    }),
  }
}

/** One entry for each value of each column, in their order. */
export function groupFigures(input: GroupInput): GroupFigures[] {
  return input.groups.flatMap(({ title, values, of }) =>
    values.map((value, number) => {
      const pairs = Uint32Array.from(of.keys()).filter((p) => of[p] === number)
      return figuresOf(title, value, pairs, input)
    }),
  )
}
