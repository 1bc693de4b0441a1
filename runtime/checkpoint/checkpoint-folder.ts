/**
 * The folder `checkpoints` of a run. Each checkpoint is a folder `step-NNNNNN` that is either complete or absent: it is written
 * under a name that ends with `.partial`, flushed to the disk, then renamed. Whatever ends with `.partial` is left over from a
 * process that was killed.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { replaceContents } from '../replace-file.ts'
import { syncFolder } from '../sync-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { encodeManifest, type Manifest, manifestName } from './manifest.ts'
import { checkpointErrors } from './messages.ts'

/** The name of the folder in a run's folder. */
export const checkpointsName = 'checkpoints'

const partial = '.partial'
/** A checkpoint that is about to be replaced by another one of its step. */
const replaced = `.replaced${partial}`
/** The folder in which the files of a checkpoint are written before it is complete. */
export function partialPath(path: string): string {
  return `${path}${partial}`
}

/** The path that a checkpoint has once it is complete, of its `partialPath`. */
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
  try {
    await beginCheckpoint(path)
    const manifest = await fill(partialPath(path))
    await completeCheckpoint(path, manifest)
    return manifest
  } catch (error) {
    await dropPartial(path)
    throw error
  }
}

/** Creates the `partialPath` of a checkpoint, empty. Throws ARC6707. */
export async function beginCheckpoint(path: string): Promise<void> {
  const temporary = partialPath(path)
  await onDisk(path, 'written', async () => {
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary)
  })
}

/** Makes the checkpoint of the files in its `partialPath`; replaces an existing one. Throws ARC6707. */
export async function completeCheckpoint(path: string, manifest: Manifest): Promise<void> {
  const temporary = partialPath(path)
  await onDisk(path, 'written', async () => {
    await writeFile(join(temporary, manifestName), encodeManifest(manifest), { flush: true })
    await syncFolder(temporary)
    const former = `${path}${replaced}`
    await renameIfThere(path, former)
    await rename(temporary, path)
    await syncFolder(dirname(path))
    await rm(former, { recursive: true, force: true })
  })
}

/** Removes what a checkpoint that failed has left. Never throws. */
export async function dropPartial(path: string): Promise<void> {
  await rm(partialPath(path), { recursive: true, force: true }).catch(() => undefined)
}

/** Replaces the manifest of a checkpoint. Throws ARC6707. */
export async function replaceManifest(path: string, manifest: Manifest): Promise<void> {
  const temporary = `${path}.manifest${partial}`
  const place = { aside: temporary, durable: true }
  await onDisk(path, 'written', () => replaceContents(join(path, manifestName), encodeManifest(manifest), place))
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

async function onDisk(folder: string, action: 'written' | 'removed', body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    throw checkpointErrors('ARC6707', { folder, action, reason: reasonOf(error) }, error)
  }
}
