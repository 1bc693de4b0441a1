/** Opens what `weights("…")` names: a file, a checkpoint of arcc, or a run, of which the newest intact checkpoint counts. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { backboneFile } from '../checkpoint/checkpoint-files.ts'
import { manifestName } from '../checkpoint/manifest.ts'
import { newestIntact } from '../checkpoint/newest-intact.ts'
import { type Checkpoint, openCheckpoint } from '../checkpoint/open-checkpoint.ts'
import { startErrors } from './messages.ts'
import { openWeightsFile, type WeightsFile } from './weights-file.ts'

export interface WeightsSource {
  /** The network, and in files of other programs everything else. */
  readonly file: WeightsFile
  /** The checkpoint that the file belongs to; its hashes are right. */
  readonly checkpoint: Checkpoint | undefined
  close(): Promise<void>
}

/** The file of the weights at the end of a run. */
const lastWeights = 'weights.safetensors'

/** The caller closes it. Throws ARC676x, and ARC670x of damaged checkpoints. */
export async function openWeightsSource(path: string): Promise<WeightsSource> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const checkpoint = isFolder ? await checkpointAt(path) : undefined
  try {
    const within = checkpoint === undefined ? join(path, lastWeights) : join(checkpoint.path, backboneFile)
    if (isFolder && checkpoint === undefined && !existsSync(within))
      throw startErrors('ARC6760', { file: path, reason: 'the folder has neither checkpoints nor weights.safetensors' })
    const file = await openWeightsFile(isFolder ? within : path)
    return {
      file,
      checkpoint,
      async close() {
        await file.close()
        await checkpoint?.close()
      },
    }
  } catch (error) {
    await checkpoint?.close()
    throw error
  }
}

async function checkpointAt(folder: string): Promise<Checkpoint | undefined> {
  if (existsSync(join(folder, manifestName))) return openCheckpoint(folder)
  return (await newestIntact(folder)).checkpoint
}
