/** Writes the files of a checkpoint from a state, wherever the state is. */
import { join } from 'node:path'
import { writeTensors } from '../safetensors.ts'
import type { StoredState } from '../state/stored-state.ts'
import { checkpointFiles } from './checkpoint-files.ts'
import { finalPath } from './checkpoint-folder.ts'
import type { CheckpointFacts, ManifestFile } from './manifest.ts'

/** Writes this process's files to a folder, each flushed to the disk; returns what a manifest says of them. Throws ARC6404. */
export async function writeFiles(
  folder: string,
  stored: StoredState,
  facts: Pick<CheckpointFacts, 'experiment' | 'step'>,
): Promise<readonly ManifestFile[]> {
  const metadata = new Map([
    ['experiment', facts.experiment],
    ['step', String(facts.step)],
  ])
  const files: ManifestFile[] = []
  for (const { name, tensors, metadata: own } of checkpointFiles(stored, metadata))
    files.push({ name, ...(await writeTensors(join(folder, name), tensors, own, join(finalPath(folder), name))) })
  return files
}
