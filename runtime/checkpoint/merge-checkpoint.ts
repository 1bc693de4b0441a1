/** Writes a checkpoint anew: with its class tables in another number of files, or as one state dict. */
import { constants } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import { centersTable } from '../../compiler/ir/state-tensor.ts'
import { need } from '../../grammar/diagnostic.ts'
import { stateDictFormat, type WrittenFile, writeSafetensors, writeTensors } from '../safetensors.ts'
import { reasonOf } from '../system-errors.ts'
import { centersFile, centersFilePattern, centersMetadata, classRanges } from './checkpoint-files.ts'
import { createCheckpoint } from './checkpoint-folder.ts'
import { createManifest, type Manifest, type ManifestFile } from './manifest.ts'
import { checkpointErrors } from './messages.ts'
import { type Checkpoint, networkTensors, openCheckpoint } from './open-checkpoint.ts'
import { sourceStream } from './source-stream.ts'

/**
 * Writes a checkpoint with the class tables in `files` files, at most one per class; everything else is copied. Throws ARC6701 to
 * ARC6705 if the checkpoint cannot be used, and ARC6404 and ARC6707 if writing fails.
 */
export async function mergeCheckpoint(path: string, out: string, files: number): Promise<Manifest> {
  const checkpoint = await openCheckpoint(path)
  try {
    return await createCheckpoint(out, async (into) => {
      const { manifest } = checkpoint
      const others = manifest.files.filter(({ name }) => !centersFilePattern.test(name))
      for (const { name } of others) await copySynced(join(path, name), join(into, name))
      const all = [...others, ...(await writeTables(checkpoint, into, files))]
      return createManifest(manifest, { classes: manifest.classes, files: all })
    })
  } finally {
    await checkpoint.close()
  }
}

async function writeTables(checkpoint: Checkpoint, into: string, files: number): Promise<ManifestFile[]> {
  const { tables, types, manifest } = checkpoint
  if (tables.size === 0) return []
  const ranges = classRanges({ start: 0, count: manifest.classes }, Math.min(files, manifest.classes))
  const written: ManifestFile[] = []
  for (const [i, range] of ranges.entries()) {
    const name = centersFile(i + 1, ranges.length)
    const tensors = new Map(
      [...tables].map((table) => [table, sourceStream(checkpoint, table, need(types.get(table), table), range)]),
    )
    const metadata = centersMetadata(range.start, range.count)
    written.push({ name, ...(await writeTensors(join(into, name), tensors, metadata)) })
  }
  return written
}

/**
 * Writes the network of a checkpoint to one safetensors file, with averages in place of their weights, and with the names and the dim
 * order of arcface_torch's state dict; with `centers`, also the class centers, by class. Throws like `mergeCheckpoint`.
 */
export async function convertCheckpoint(path: string, out: string, centers: boolean): Promise<WrittenFile> {
  const checkpoint = await openCheckpoint(path)
  try {
    const { types, manifest } = checkpoint
    const names = networkTensors(checkpoint)
    const wanted = centers ? new Map([...names, [centersTable, centersTable]]) : names
    const tensors = new Map(
      [...wanted].map(([name, from]) => [name, sourceStream(checkpoint, from, need(types.get(from), from))]),
    )
    const facts = [
      ['experiment', manifest.experiment],
      ['step', String(manifest.step)],
    ] as const
    return await writeSafetensors(out, tensors, new Map([stateDictFormat, ...facts]))
  } finally {
    await checkpoint.close()
  }
}

async function copySynced(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL)
    const handle = await open(to, 'r')
    await handle.sync().finally(() => handle.close())
  } catch (error) {
    throw checkpointErrors('ARC6707', { folder: to, action: 'written', reason: reasonOf(error) }, error)
  }
}
