/** The threshold that the newest evaluation of a network recommends. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type EvaluationFile,
  evaluationName,
  readEvaluation,
} from '../../../runtime/evaluate/report/evaluation-file.ts'

export interface RecommendedThreshold {
  readonly file: string
  readonly evaluation: EvaluationFile
  /** Whether it is of these weights, and not of another state of the training. */
  readonly isOwn: boolean
}

/** The evaluations in a folder, the newest first. */
export function findEvaluations(folder: string): readonly string[] {
  let sets: readonly string[] = []
  try {
    sets = readdirSync(folder)
  } catch {
    // Nothing was evaluated.
  }
  return sets
    .flatMap((set) => {
      const file = join(folder, set, evaluationName)
      const found = statSync(file, { throwIfNoEntry: false })
      return found === undefined ? [] : [{ file, time: found.mtimeMs }]
    })
    .toSorted((a, b) => b.time - a.time || (a.file < b.file ? -1 : 1))
    .map(({ file }) => file)
}

/**
 * The newest evaluation of these weights, or of others of the same run; `undefined` if there is none. `weights`: their SHA-256. Throws
 * ARC6320 for a damaged one.
 */
export async function recommendedThreshold(folder: string, weights: string): Promise<RecommendedThreshold | undefined> {
  let newest: RecommendedThreshold | undefined
  for (const file of findEvaluations(folder)) {
    const evaluation = await readEvaluation(file)
    const isOwn = evaluation.network.sha256 === weights
    if (isOwn) return { file, evaluation, isOwn }
    newest ??= { file, evaluation, isOwn }
  }
  return newest
}
