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
/** A checkpoint that is about to be replaced by another one of its step. */
const replaced = `.replaced${partial}`
/** The path that a checkpoint has once it is complete, of the folder that `createCheckpoint` fills. */
export function finalPath(temporary: string): string {
  return temporary.endsWith(partial) ? temporary.slice(0, -partial.length) : temporary
}

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
  await onDisk(folder, 'written', async () => {
    await mkdir(folder, { recursive: true })
    await syncFolder(dirname(folder))
    const names = await readdir(folder)
    for (const name of names.filter((own) => own.endsWith(partial))) {
      const path = join(folder, name)
      const former = name.slice(0, -replaced.length)
      // Killed between the two renames: the former checkpoint is still the one.
      if (name.endsWith(replaced) && !names.includes(former)) await rename(path, join(folder, former))
      else await rm(path, { recursive: true, force: true })
    }
  })
}

/**
 * Writes a checkpoint: `fill` writes the files to the folder that it receives and returns their manifest. An existing checkpoint
 * at this path is replaced. Throws ARC6707, and the errors of `fill`; nothing is left behind then.
 */
export async function createCheckpoint(path: string, fill: (folder: string) => Promise<Manifest>): Promise<Manifest> {
  const temporary = `${path}${partial}`
  try {
    await onDisk(path, 'written', async () => {
      await rm(temporary, { recursive: true, force: true })
      await mkdir(temporary)
    })
    const manifest = await fill(temporary)
    await onDisk(path, 'written', async () => {
      await writeSynced(join(temporary, manifestName), encodeManifest(manifest))
      await syncFolder(temporary)
      const former = `${path}${replaced}`
      await renameIfThere(path, former)
      await rename(temporary, path)
      await syncFolder(dirname(path))
      await rm(former, { recursive: true, force: true })
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
  await onDisk(path, 'written', async () => {
    await writeSynced(temporary, encodeManifest(manifest))
    await rename(temporary, join(path, manifestName))
    await syncFolder(path)
  })
}

/** Removes a checkpoint if it exists; a process that is killed meanwhile leaves none that looks complete. Throws ARC6707. */
export async function removeCheckpoint(path: string): Promise<void> {
  const leaving = `${path}.old${partial}`
  await onDisk(path, 'removed', async () => {
    await rm(leaving, { recursive: true, force: true })
    await renameIfThere(path, leaving)
    await rm(leaving, { recursive: true, force: true })
  })
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  })
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

async function onDisk(folder: string, action: 'written' | 'removed', body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    throw checkpointErrors('ARC6707', { folder, action, reason: reasonOf(error) }, error)
  }
}
