/** The checkpoint that a run is resumed from: the newest one whose hashes are right. */
import { join } from 'node:path'
import { ArccError } from '../errors.ts'
import type { Joint } from '../peers/joint.ts'
import { checkpointsName, listCheckpoints, stepName } from './checkpoint-folder.ts'
import { checkpointErrors } from './messages.ts'
import { type Checkpoint, openCheckpoint } from './open-checkpoint.ts'

export interface Resumable {
  /** The caller closes it; missing if the run has not reached its first one. */
  readonly checkpoint: Checkpoint | undefined
  /** Newer ones that are damaged, the newest first. */
  readonly damaged: readonly { readonly step: number; readonly path: string; readonly reason: string }[]
}

/** Says that a damaged checkpoint was passed over. */
export function damagedText({ path, reason }: Pick<Resumable['damaged'][number], 'path' | 'reason'>): string {
  return `the checkpoint ${path} is damaged and not used: ${reason}`
}

/** What `newestIntact` finds on the first node, for all nodes: it alone compares the hashes. Throws like it, on all of them. */
export async function newestIntactOfAll(joint: Joint, runFolder: string): Promise<Resumable> {
  let own: Resumable | undefined
  const { step, damaged } = await joint.first('the checkpoints of the run', async () => {
    own = await newestIntact(runFolder)
    return { step: own.checkpoint?.manifest.step, damaged: own.damaged }
  })
  if (own !== undefined) return own
  const path = (of: number) => join(runFolder, checkpointsName, stepName(of))
  return { checkpoint: step === undefined ? undefined : await openCheckpoint(path(step), { trusted: true }), damaged }
}

/** Throws ARC6703 if a run has only damaged checkpoints, ARC6705 if the newest has another format. */
export async function newestIntact(runFolder: string): Promise<Resumable> {
  const damaged: { step: number; path: string; reason: string }[] = []
  for (const { step, path } of await listCheckpoints(join(runFolder, checkpointsName))) {
    try {
      return { checkpoint: await openCheckpoint(path), damaged }
    } catch (error) {
      if (!(error instanceof ArccError) || error.code === 'ARC6705') throw error
      damaged.push({
        step,
        path,
        reason: typeof error.params.reason === 'string' ? error.params.reason : error.message,
      })
    }
  }
  if (damaged.length === 0) return { checkpoint: undefined, damaged }
  throw checkpointErrors('ARC6703', {
    folder: runFolder,
    damaged: damaged.map(({ path, reason }) => `${path}: ${reason}`),
  })
}
