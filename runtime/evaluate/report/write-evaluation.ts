/** Writes the files of evaluations: each appears whole, and the one with the figures last. */
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../make-folder.ts'
import { replaceContents } from '../../replace-file.ts'
import { reasonOf } from '../../system-errors.ts'
import { type EvaluationFile, encodeEvaluation, evaluationName } from './evaluation-file.ts'
import { reportErrors } from './messages.ts'

export const scoresName = 'scores.csv'
export const rocChartName = 'roc.svg'
export const scoresChartName = 'scores.svg'

export interface EvaluationFiles {
  readonly evaluation: EvaluationFile
  /** Parts of `scores.csv`. */
  readonly scores: Iterable<string>
  /** SVG documents. */
  readonly rocChart: string
  readonly scoresChart: string
}

async function orRefuse(folder: string, work: () => Promise<void> | void): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw reportErrors('ARC6326', { folder, reason: reasonOf(error) }, error)
  }
}

/** Creates the folder, and an empty file in it for a moment: what cannot be written is known before the work. Throws ARC6326. */
export async function prepareFolder(folder: string): Promise<void> {
  await orRefuse(folder, async () => {
    makeFolder(folder)
    const probe = join(folder, '.writable')
    await (await open(probe, 'w')).close()
    await rm(probe)
  })
}

/** Writes files, given by name as their parts, into a folder that exists; earlier ones are replaced. Throws ARC6326. */
export async function writeFiles(
  folder: string,
  files: Iterable<readonly [name: string, parts: Iterable<string | Uint8Array>]>,
): Promise<void> {
  await orRefuse(folder, async () => {
    for (const [name, parts] of files) await replaceContents(join(folder, name), parts)
  })
}

/** Replaces an earlier evaluation in the folder, which exists. Throws ARC6326. */
export async function writeEvaluation(folder: string, files: EvaluationFiles): Promise<void> {
  const { evaluation, scores, rocChart, scoresChart } = files
  await writeFiles(folder, [
    [scoresName, scores],
    [rocChartName, [rocChart]],
    [scoresChartName, [scoresChart]],
    [evaluationName, [encodeEvaluation(evaluation)]],
  ])
}
