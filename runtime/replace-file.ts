/** Replaces files whole: who reads one, also after a process was killed, sees the former contents or the new ones. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { threadId } from 'node:worker_threads'
import { syncFolder } from './sync-folder.ts'

export interface Replacement {
  /** Where the new contents are written first; by default beside the file, under a name that no other thread or process uses. */
  readonly aside?: string
  /** Whether contents and name are flushed to the disk (fsync), so that they survive a power failure. */
  readonly durable?: boolean
}

/** `fill` writes the new contents to the path that it receives. Throws its errors and the system's; nothing is left behind then. */
export async function replaceFile<T>(
  path: string,
  fill: (aside: string, durable: boolean) => Promise<T>,
  { aside = `${path}.${process.pid}-${threadId}.partial`, durable = false }: Replacement = {},
): Promise<T> {
  try {
    const result = await fill(aside, durable)
    await rename(aside, path)
    if (durable) await syncFolder(dirname(path))
    return result
  } catch (error) {
    // The error that is reported is the first one.
    await rm(aside, { force: true }).catch(() => undefined)
    throw error
  }
}

/** Replaces a file by text or pieces of it. Throws the system's errors; nothing is left behind then. */
export async function replaceContents(
  path: string,
  contents: string | Iterable<string | Uint8Array>,
  replacement?: Replacement,
): Promise<void> {
  await replaceFile(path, (aside, flush) => writeFile(aside, contents, { flush }), replacement)
}
