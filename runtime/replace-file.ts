/** Replaces files whole: who reads one, also after a process was killed, sees the former contents or the new ones. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { threadId } from 'node:worker_threads'
import { processName } from './process-name.ts'
import { syncFolder } from './sync-folder.ts'

export interface Replacement {
  /** Where the new contents are written first; `asideOf` by default. */
  readonly aside?: string
  /** Whether contents and name are flushed to the disk (fsync), so that they survive a power failure. */
  readonly durable?: boolean
}

/**
 * Beside a file, a name that no other thread and no other process uses, also on another computer with the same folder: numbers of
 * processes are the same on many computers, and in containers.
 */
export function asideOf(path: string): string {
  return `${path}.${processName()}.${threadId}.partial`
}

/** `fill` writes the new contents to the path that it receives. Throws its errors and the system's; nothing is left behind then. */
export async function replaceFile<T>(
  path: string,
  fill: (aside: string, durable: boolean) => Promise<T>,
  { aside = asideOf(path), durable = false }: Replacement = {},
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

/** The same at once, for small contents that need not survive a power failure. */
export function replaceContentsSync(path: string, contents: string | Uint8Array): void {
  const aside = asideOf(path)
  try {
    writeFileSync(aside, contents)
    renameSync(aside, path)
  } catch (error) {
    rmSync(aside, { force: true })
    throw error
  }
}
