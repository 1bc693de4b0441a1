/**
 * Compiled programs on disk, so that a second run of an experiment starts immediately. Entries are keyed by everything that the
 * machine code depends on; a program that cannot be loaded is recompiled.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../plugins/cache-folder.ts'

/**
 * The parts of a key: program text, compile options, the identity of the plugin build, and the identity of device, driver and
 * libraries.
 */
export interface CacheKeyParts {
  readonly program: string
  readonly options: Buffer
  readonly plugin: string
  readonly device: string
}

/** Beyond this number of bytes, the least recently used entries are deleted. */
const maxBytes = 2 * 2 ** 30

/** `ARCC_COMPILE_CACHE=off` disables it. */
export function compileCacheEnabled(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.ARCC_COMPILE_CACHE !== 'off'
}

/** The name of a program's entry: a SHA-256. Machine code is specific to a CPU model, and XLA_FLAGS changes code generation. */
export function cacheKey({ program, options, plugin, device }: CacheKeyParts): string {
  const parts = [
    program,
    options.toString('hex'),
    plugin,
    device,
    process.arch,
    cpus()[0]?.model ?? '',
    process.env.XLA_FLAGS ?? '',
  ]
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest('hex')
}

/** The bytes of an entry, or undefined if there is none. */
export async function readCached(key: string): Promise<Buffer | undefined> {
  const path = join(await cacheFolder('compiled'), key)
  try {
    const bytes = await readFile(path)
    const now = new Date()
    await utimes(path, now, now)
    return bytes
  } catch {
    return undefined
  }
}

/** Deletes an entry that could not be loaded. */
export async function dropCached(key: string): Promise<void> {
  await rm(join(await cacheFolder('compiled'), key), { force: true })
}

/** Writes an entry; readers see all or nothing. */
export async function writeCached(key: string, bytes: Buffer): Promise<void> {
  const folder = await cacheFolder('compiled')
  const partial = join(folder, `${key}.${process.pid}.partial`)
  await writeFile(partial, bytes)
  await rename(partial, join(folder, key))
  await prune(folder)
}

async function prune(folder: string): Promise<void> {
  const entries = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined)
      return { path, bytes: found?.size ?? 0, used: found?.mtimeMs ?? 0 }
    }),
  )
  let total = 0
  for (const { path, bytes } of entries.sort((a, b) => b.used - a.used)) {
    total += bytes
    if (total > maxBytes) await rm(path, { force: true })
  }
}
