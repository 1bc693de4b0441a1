/** Opens what `weights("…")` names: a file, a checkpoint of arcc, or a run, of which the newest intact checkpoint counts. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { need } from '../../grammar/diagnostic.ts'
import { backboneFile, optimizerFile } from '../checkpoint/checkpoint-files.ts'
import { manifestName } from '../checkpoint/manifest.ts'
import { newestIntact, type Resumable } from '../checkpoint/newest-intact.ts'
import { type Checkpoint, networkTensors, openCheckpoint } from '../checkpoint/open-checkpoint.ts'
import { startErrors } from './messages.ts'
import { openWeightsFile, type WeightsFile } from './weights-file.ts'

export interface WeightsSource {
  /** The network, and in files of other programs everything else. */
  readonly file: WeightsFile
  /** The checkpoint that the file belongs to; its hashes are right. */
  readonly checkpoint: Checkpoint | undefined
  /** Newer checkpoints of the run, which are damaged. */
  readonly damaged: Resumable['damaged']
  close(): Promise<void>
}

/** The file of the weights at the end of a run. */
const lastWeights = 'weights.safetensors'

/**
 * The caller closes it. The network of a checkpoint is the one that was verified, with averages in place of their weights; `asTrained`
 * is the network that the optimizer's state belongs to. Throws ARC676x, and ARC670x of damaged checkpoints.
 */
export async function openWeightsSource(path: string, asTrained: boolean): Promise<WeightsSource> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const { checkpoint, damaged } = isFolder ? await checkpointAt(path) : { checkpoint: undefined, damaged: [] }
  try {
    const within = checkpoint === undefined ? join(path, lastWeights) : join(checkpoint.path, backboneFile)
    if (isFolder && checkpoint === undefined && !existsSync(within))
      throw startErrors('ARC6760', { file: path, reason: 'the folder has neither checkpoints nor weights.safetensors' })
    const own = await openWeightsFile(isFolder ? within : path)
    const file = checkpoint === undefined || asTrained ? own : await withAverages(own, checkpoint)
    return {
      file,
      checkpoint,
      damaged,
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

/** The state dict of a checkpoint with averages in place of their weights. Closes the file if that fails. */
async function withAverages(own: WeightsFile, checkpoint: Checkpoint): Promise<WeightsFile> {
  const averages = [...networkTensors(checkpoint)].filter(([name, from]) => name !== from)
  if (averages.length === 0) return own
  try {
    const other = await openWeightsFile(join(checkpoint.path, optimizerFile))
    const tensorsOf = ({ dictionaries }: WeightsFile) => dictionaries.flatMap(({ tensors }) => [...tensors])
    const found = new Map(tensorsOf(other))
    const tensors = new Map([
      ...tensorsOf(own),
      ...averages.map(([name, from]) => [name, need(found.get(from), from)] as const),
    ])
    return {
      ...own,
      dictionaries: [{ path: [], tensors }],
      async close() {
        await own.close()
        await other.close()
      },
    }
  } catch (error) {
    await own.close()
    throw error
  }
}

async function checkpointAt(folder: string): Promise<Resumable> {
  if (existsSync(join(folder, manifestName))) return { checkpoint: await openCheckpoint(folder), damaged: [] }
  return newestIntact(folder)
}
