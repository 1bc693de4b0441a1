/**
 * The folder `checkpoints` of a run. Each checkpoint is a folder `step-NNNNNN` that is either complete or absent: it is written
 * under a name that ends with `.partial`, flushed to the disk, then renamed. Whatever ends with `.partial` is left over from a
 * process that was killed.
 */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../sync-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { encodeManifest, type Manifest, manifestName } from './manifest.ts'
import { checkpointErrors } from './messages.ts'

/** The name of the folder in a run's folder. */
export const checkpointsName = 'checkpoints'

const partial = '.partial'
/** The name of a checkpoint's folder, with its step. */
export const stepPattern = /^step-(\d{6,})$/

export interface CheckpointPlace {
  readonly step: number
  readonly path: string
}

export function stepName(step: number): string {
  return `step-${String(step).padStart(6, '0')}`
}

/** The checkpoints in a folder `checkpoints`, the newest first; none if the folder does not exist. Throws ARC6707. */
export async function listCheckpoints(folder: string): Promise<readonly CheckpointPlace[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw checkpointErrors('ARC6707', { folder, action: 'read', reason: reasonOf(error) }, error)
  })
  return names
    .flatMap((name) => {
      const step = stepPattern.exec(name)?.[1]
      return step === undefined ? [] : [{ step: Number(step), path: join(folder, name) }]
    })
    .sort((a, b) => b.step - a.step)
}

/** Creates the folder if it is missing and removes what a killed process has left there. Throws ARC6707. */
export async function prepareFolder(folder: string): Promise<void> {
  await onDisk(folder, async () => {
    await mkdir(folder, { recursive: true })
    for (const name of await readdir(folder))
      if (name.endsWith(partial)) await rm(join(folder, name), { recursive: true, force: true })
  })
}

/**
 * Writes a checkpoint: `fill` writes the files to the folder that it receives and returns their manifest. An existing checkpoint
 * at this path is replaced. Throws ARC6707, and the errors of `fill`; nothing is left behind then.
 */
export async function createCheckpoint(path: string, fill: (folder: string) => Promise<Manifest>): Promise<Manifest> {
  const temporary = `${path}${partial}`
  try {
    await onDisk(path, async () => {
      await rm(temporary, { recursive: true, force: true })
      await mkdir(temporary)
    })
    const manifest = await fill(temporary)
    await onDisk(path, async () => {
      await writeSynced(join(temporary, manifestName), encodeManifest(manifest))
      await syncFolder(temporary)
      await removeCheckpoint(path)
      await rename(temporary, path)
      await syncFolder(dirname(path))
    })
    return manifest
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
    throw error
  }
}

/** Replaces the manifest of a checkpoint. Throws ARC6707. */
export async function replaceManifest(path: string, manifest: Manifest): Promise<void> {
  const temporary = `${path}.manifest${partial}`
  await onDisk(path, async () => {
    await writeSynced(temporary, encodeManifest(manifest))
    await rename(temporary, join(path, manifestName))
    await syncFolder(path)
  })
}

/** Removes a checkpoint if it exists; a process that is killed meanwhile leaves none that looks complete. */
export async function removeCheckpoint(path: string): Promise<void> {
  const leaving = `${path}.old${partial}`
  await rm(leaving, { recursive: true, force: true })
  try {
    await rename(path, leaving)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  await rm(leaving, { recursive: true, force: true })
}

async function writeSynced(path: string, content: string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function onDisk(folder: string, body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    throw checkpointErrors('ARC6707', { folder, action: 'written', reason: reasonOf(error) }, error)
  }
}
