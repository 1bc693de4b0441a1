/** The checkpoints that a path names: one of them, or those of a run. */
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type CheckpointPlace, checkpointsName, listCheckpoints, stepPattern } from './checkpoint-folder.ts'
import { manifestName } from './manifest.ts'
import { checkpointErrors } from './messages.ts'

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/**
 * The checkpoint at this path, or all of a run's, the newest first. `path` is the folder of a checkpoint, of a run, or `checkpoints`
 * in it. Throws ARC6701 if there is none.
 */
export async function locateCheckpoints(path: string): Promise<readonly [CheckpointPlace, ...CheckpointPlace[]]> {
  const step = stepPattern.exec(basename(path))?.[1]
  if (step !== undefined || (await exists(join(path, manifestName)))) {
    if (!(await exists(path))) throw checkpointErrors('ARC6701', { folder: path, reason: 'there is no such folder' })
    return [{ step: Number(step ?? 0), path }]
  }
  const inside = await listCheckpoints(join(path, checkpointsName))
  const [newest, ...older] = inside.length > 0 ? inside : await listCheckpoints(path)
  if (newest !== undefined) return [newest, ...older]
  const reason = (await exists(path)) ? `neither ${manifestName} nor step-… is in it` : 'there is no such folder'
  throw checkpointErrors('ARC6701', { folder: path, reason })
}
