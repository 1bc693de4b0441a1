/** The folder of a run of several nodes: one that all of them see, to which the first one writes all but the others' parts of checkpoints. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plan } from '../../compiler/plan/plan.ts'
import { seen } from '../checkpoint/seen.ts'
import type { Joint } from '../peers/joint.ts'
import { trainErrors } from './messages.ts'
import { createRunFolder, type RunFolder, type RunFolderOptions } from './run-folder.ts'
import { lockName } from './run-lock.ts'

/** How long the folder of rank 0 may take to appear on another node, in milliseconds: NFS looks again after half a minute. */
const patience = 35_000

/**
 * Creates the folder on rank 0, as `createRunFolder` does; the others use it. Throws ARC6900 on all of them if one does not see it.
 */
export async function openRunFolder(
  joint: Joint,
  path: string,
  plan: Plan,
  texts: ReadonlyMap<string, string>,
  options: RunFolderOptions,
): Promise<RunFolder> {
  let created: RunFolder | undefined
  const lock = await joint.first('the run folder', async () => {
    created = await createRunFolder(path, plan, texts, options)
    return readFile(join(path, lockName), 'utf8')
  })
  try {
    await joint.each(
      'the run folder',
      async () => {
        if (created === undefined) await requireSame(path, lock)
      },
      () => undefined,
    )
  } catch (error) {
    await created?.close()
    throw error
  }
  return created ?? { path, file: (name) => join(path, name), log: () => undefined, close: async () => undefined }
}

/** Requires that the lock that rank 0 holds is in this folder. */
async function requireSame(folder: string, lock: string): Promise<void> {
  const file = join(folder, lockName)
  if (!(await seen(file, patience))) throw trainErrors('ARC6900', { folder })
  if ((await readFile(file, 'utf8')) !== lock) throw trainErrors('ARC6900', { folder })
}
