/** Writes the files of a checkpoint from a state, wherever the state is. */
import { join } from 'node:path'
import { writeTensors } from '../safetensors.ts'
import { classCount, type StoredState } from '../state/stored-state.ts'
import { checkpointFiles } from './checkpoint-files.ts'
import { finalPath } from './checkpoint-folder.ts'
import { type CheckpointFacts, createManifest, type Manifest, type ManifestFile } from './manifest.ts'

/** Writes all files to a folder, each flushed to the disk; returns the manifest, which is not written. Throws ARC6404. */
export async function writeFiles(folder: string, stored: StoredState, facts: CheckpointFacts): Promise<Manifest> {
  const metadata = new Map([
    ['experiment', facts.experiment],
    ['step', String(facts.step)],
  ])
  const files: ManifestFile[] = []
  for (const { name, tensors, metadata: own } of checkpointFiles(stored, metadata))
    files.push({ name, ...(await writeTensors(join(folder, name), tensors, own, join(finalPath(folder), name))) })
  files.sort((a, b) => (a.name < b.name ? -1 : 1))
  return createManifest(facts, { classes: classCount(stored), files })
}
