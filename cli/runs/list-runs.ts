/** The runs below a folder. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../../runtime/system-errors.ts'
import { bestScores } from './condition.ts'
import { runsErrors } from './messages.ts'
import { isRunFolder, type Run, readRun } from './read-run.ts'

/** Folders of a sweep are two deep. */
const deepest = 3

async function runFolders(folder: string, depth: number): Promise<readonly string[]> {
  if (await isRunFolder(folder)) return [folder]
  if (depth === 0) return []
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries) {
    if (entry.isDirectory() && !entry.name.startsWith('.')) found.push(...(await runFolders(join(folder, entry.name), depth - 1)))
  }
  return found
}

/** There may be hundreds of runs, and a list draws nothing. */
function withoutCurves(run: Run): Run {
  return run.log === undefined ? run : { ...run, log: { ...run.log, progress: [], telemetry: [] } }
}

/** All runs below a folder, the newest first. Throws ARC6842 if the folder cannot be read. */
export async function listRuns(folder: string): Promise<readonly Run[]> {
  await readdir(folder).catch((error: unknown) => {
    throw runsErrors('ARC6842', { folder, reason: reasonOf(error) }, error)
  })
  const runs: Run[] = []
  for (const path of await runFolders(folder, deepest)) {
    const run = await readRun(path).catch(async (error: unknown) => {
      // Somebody may have removed it meanwhile.
      if (await isRunFolder(path)) throw error
    })
    if (run !== undefined) runs.push(withoutCurves(run))
  }
  const began = ({ log }: Run) => (Number.isFinite(log?.began) ? (log?.began ?? 0) : 0)
  return runs.sort((a, b) => began(b) - began(a) || (a.folder < b.folder ? -1 : 1))
}

/** The sets that runs have scores on. */
export function scoredSets(runs: readonly Run[]): readonly string[] {
  return [...new Set(runs.flatMap((run) => bestScores(run).map(({ set }) => set)))]
}

/** The runs by their best score on a set, the best first; those without one last. Throws ARC6841 if none has one. */
export function sortByScore(runs: readonly Run[], set: string, folder: string): readonly Run[] {
  const scoreOf = (run: Run) => bestScores(run).find((score) => score.set === set)?.accuracy
  const sets = scoredSets(runs)
  if (!sets.includes(set)) throw runsErrors('ARC6841', { folder, set, sets })
  return runs.toSorted((a, b) => (scoreOf(b) ?? -1) - (scoreOf(a) ?? -1))
}
