/** Files that are either complete or absent: written aside, flushed to the disk, then renamed together. */
import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, realpath, rename, rm, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { asideOf } from '../../replace-file.ts'
import { syncFolder } from '../../sync-folder.ts'
import { packErrors } from './messages.ts'

/** Bytes that are collected before they are written. */
const BUFFER = 2 ** 20

/** Words for the system errors of a write; others keep the system's text. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is exceeded',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EFBIG: 'the file would be larger than the file system allows',
  ENAMETOOLONG: 'the name is too long',
}

/** ARC6410 for an error of the system. */
export function notWritten(file: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const text = error instanceof Error ? error.message : String(error)
  return packErrors('ARC6410', { file, reason: reasons[code] ?? text }, error)
}

/** A file being written. */
export interface OutputFile {
  /** Bytes given to `write` so far. */
  readonly length: number
  /** Appends bytes, which the caller must not change afterwards. Throws ARC6410. */
  write(bytes: Uint8Array | string): Promise<void>
  /** Replaces the first bytes of the file. Throws ARC6410. */
  overwrite(bytes: Uint8Array): Promise<void>
}

export interface Outputs {
  /** The file of one of the paths. */
  file(path: string): OutputFile
  /** Makes all files appear under their names, the first path last. Throws ARC6410. */
  commit(): Promise<void>
  /** Removes what was written; nothing after `commit`. */
  discard(): Promise<void>
}

interface Part extends OutputFile {
  flush(): Promise<void>
  readonly handle: FileHandle
  readonly aside: string
  readonly path: string
}

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code

/** Creates a folder and those above it. Node's own `recursive` does not end where the system denies a folder with ENOENT, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return
    if (!hasCode(error, 'ENOENT') || existsSync(dirname(folder))) throw error
    await makeFolder(dirname(folder))
    await mkdir(folder)
  }
}

async function openPart(path: string): Promise<Part> {
  const aside = asideOf(join(dirname(path), `.${basename(path)}`))
  const handle = await open(aside, 'w').catch((error: unknown) => {
    throw notWritten(path, error)
  })
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let length = 0
  const flush = async () => {
    const all = waiting.length === 1 ? waiting[0] : Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    try {
      // Unlike `write`, `writeFile` continues where the system wrote only a part.
      if (all !== undefined && all.length > 0) await handle.writeFile(all)
    } catch (error) {
      throw notWritten(path, error)
    }
  }
  return {
    path,
    aside,
    handle,
    flush,
    get length() {
      return length
    },
    async write(data) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data
      waiting.push(bytes)
      waitingBytes += bytes.length
      length += bytes.length
      if (waitingBytes >= BUFFER) await flush()
    },
    async overwrite(bytes) {
      await flush()
      try {
        await handle.write(bytes, 0, bytes.length, 0)
      } catch (error) {
        throw notWritten(path, error)
      }
    },
  }
}

/**
 * Opens files for writing, and creates their folders. Throws ARC6411 if one exists and `force` is not set, and ARC6410 if one cannot
 * be written.
 */
export async function openOutputs(paths: readonly string[], force: boolean): Promise<Outputs> {
  for (const path of paths) if (!force && existsSync(path)) throw packErrors('ARC6411', { file: path })
  const parts: Part[] = []
  const discard = async () => {
    for (const { handle, aside } of parts.splice(0)) {
      await handle.close().catch(() => undefined)
      await rm(aside, { force: true }).catch(() => undefined)
    }
  }
  try {
    for (const path of paths) {
      await makeFolder(dirname(resolve(path))).catch((error: unknown) => {
        throw notWritten(path, error)
      })
      parts.push(await openPart(path))
    }
  } catch (error) {
    await discard()
    throw error
  }
  return {
    file(path) {
      const found = parts.find((part) => part.path === path)
      if (found === undefined) throw new Error(`${path} is not an output`)
      return found
    },
    async commit() {
      const [main] = parts
      let at = main
      try {
        for (const part of parts) {
          at = part
          await part.flush()
          await part.handle.sync()
        }
        // The main file is absent while the others change, so that it never stands beside files of another writing.
        if (main !== undefined && parts.length > 1) await rm(main.path, { force: true })
        for (const part of [...parts].reverse()) {
          at = part
          await part.handle.close()
          await rename(part.aside, part.path)
        }
      } catch (error) {
        await discard()
        throw error instanceof Error && 'syscall' in error ? notWritten(at?.path ?? '', error) : error
      }
      parts.length = 0
      // Some file systems cannot flush a folder, which is no failure.
      for (const folder of new Set(paths.map((path) => dirname(resolve(path)))))
        await syncFolder(folder).catch(() => undefined)
    },
    discard,
  }
}

/** The nearest folder above a path that exists. */
function existingFolder(path: string): string {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) if (existsSync(folder)) return folder
}

/** Throws ARC6412 if the disk of `path` has less than `needed` bytes of free space; `show` formats bytes. */
export async function requireSpace(path: string, needed: number, show: (bytes: number) => string): Promise<void> {
  const folder = existingFolder(path)
  // Some network file systems report no figures; the write itself then tells.
  const stats = await statfs(folder).catch(() => undefined)
  if (stats === undefined || stats.blocks === 0) return
  const free = stats.bavail * stats.bsize
  if (free < needed) throw packErrors('ARC6412', { folder, needed: show(needed), free: show(free) })
}

/** Throws ARC6416 if an output is one of the files that are read. */
export async function requireApart(outputs: readonly string[], inputs: readonly string[]): Promise<void> {
  const real = async (path: string) => realpath(path).catch(() => resolve(path))
  const read = new Set(await Promise.all(inputs.map(real)))
  for (const file of outputs) if (read.has(await real(file))) throw packErrors('ARC6416', { file })
}
