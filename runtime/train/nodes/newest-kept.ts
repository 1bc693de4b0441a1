/** Which checkpoint is kept of a run that has lost a node. */
import { join } from 'node:path'
import { checkpointsName, listCheckpoints } from '../../checkpoint/checkpoint-folder.ts'
import type { FailedEvent } from '../../events.ts'

/**
 * The newest checkpoint in the folder of a run: rank 0 may be lost when it has completed one and not told the others yet. `known` if
 * the folder shows none that is newer, or cannot be read.
 */
export async function newestKept(runFolder: string, known: FailedEvent['kept']): Promise<FailedEvent['kept']> {
  const [newest] = await listCheckpoints(join(runFolder, checkpointsName)).catch(() => [])
  return newest !== undefined && newest.step > (known?.step ?? 0) ? newest : known
}
