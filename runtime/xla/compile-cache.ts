/**
 * Compiled programs on disk, so that a second run of an experiment starts immediately. Entries are keyed by everything that the
 * machine code depends on, and verified before they are loaded. A program that is damaged, that cannot be loaded or that has ended a
 * process is recompiled. Nothing here ends a run: without a usable cache, every program is compiled.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { sealOf, unseal } from '../cache/sealed.ts'
import { cacheRoot } from '../plugins/cache-root.ts'
import { processorIdentity } from '../processor.ts'
import { replaceContents } from '../replace-file.ts'
import { reasonOf } from '../system-errors.ts'
import { crashesOf, type FirstRun, firstRunOf } from './first-run.ts'

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

/** Beyond this number of bytes, the least recently used entries are deleted, when a cache writes its first one. */
const maxBytes = 2 * 2 ** 30

/** Files that were not finished are deleted after this time, in milliseconds. */
const unfinishedAge = 86_400_000

/** `ARCC_COMPILE_CACHE=off` disables it. */
export function compileCacheEnabled(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.ARCC_COMPILE_CACHE !== 'off'
}

/**
 * The name of a program's entry: a SHA-256. Machine code is specific to the features of a processor, and XLA_FLAGS changes code
 * generation.
 */
export function cacheKey(
  { program, options, plugin, device }: CacheKeyParts,
  processor: string = processorIdentity(),
): string {
  const parts = [program, options.toString('hex'), plugin, device, process.arch, processor, process.env.XLA_FLAGS ?? '']
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest('hex')
}

export interface CompileCache {
  /**
   * The first run of a program, and whether its entry may be used: not after a process has ended in it, which deletes the entry.
   * `name` is for warnings.
   */
  open(key: string, name: string): Promise<{ readonly firstRun: FirstRun; readonly isTrusted: boolean }>
  /** The verified bytes of an entry; `undefined` if there is none. A damaged one is deleted, with a warning. */
  read(key: string, name: string): Promise<Buffer | undefined>
  /** Deletes an entry that the plugin refused, with a warning. */
  refuse(key: string, name: string): Promise<void>
  /** Writes the result of `serialize` as an entry; readers see all or nothing. The first failure of either is a warning. */
  write(key: string, serialize: () => Buffer): Promise<void>
}

/** The cache below `$ARCC_CACHE`; `warn` receives sentences for people. */
export function createCompileCache(warn: (message: string) => void): CompileCache {
  const folder = join(cacheRoot(), 'compiled')
  const marks = join(cacheRoot(), 'first-runs')
  let [hasFailed, isPruned] = [false, false]
  const drop = (key: string) => rm(join(folder, key), { force: true }).catch(() => undefined)
  return {
    async open(key, name) {
      const crashes = await crashesOf(marks, key, () => drop(key))
      if (crashes > 0) warn(crashes === 1 ? endedOnce(name) : endedAgain(name, crashes))
      return { firstRun: firstRunOf(marks, key, crashes), isTrusted: crashes === 0 }
    },
    async read(key, name) {
      const path = join(folder, key)
      let file: Buffer
      try {
        file = await readFile(path)
      } catch {
        return undefined
      }
      const { contents, fault } = unseal(key, file)
      if (fault !== undefined) {
        await drop(key)
        warn(`the program \`${name}\` in the compile cache is damaged: ${fault}; it is deleted and recompiled`)
        return undefined
      }
      const now = new Date()
      await utimes(path, now, now).catch(() => undefined)
      return contents
    },
    async refuse(key, name) {
      await drop(key)
      warn(`the XLA plugin refused the program \`${name}\` from the compile cache; it is deleted and recompiled`)
    },
    async write(key, serialize) {
      try {
        const bytes = serialize()
        await mkdir(folder, { recursive: true })
        await replaceContents(join(folder, key), [sealOf(key, bytes), bytes])
        if (!isPruned) await prune(folder).catch(() => undefined)
        isPruned = true
      } catch (error) {
        if (!hasFailed)
          warn(`compiled programs cannot be kept in ${folder}: ${reasonOf(error)}; the next run recompiles them`)
        hasFailed = true
      }
    },
  }
}

function endedOnce(name: string): string {
  return `the last process that ran the program \`${name}\` ended in its first run; the program is recompiled instead of loaded from the compile cache`
}

function endedAgain(name: string, crashes: number): string {
  return `${crashes} processes in a row have ended in the first run of the program \`${name}\`, although it was recompiled; if this one ends too, the XLA plugin generates code that this processor does not run: try XLA_FLAGS=--xla_cpu_max_isa=AVX2, another plugin (ARCC_XLA_PLUGIN), or --engine tfjs`
}

const entryName = /^[0-9a-f]{64}$/

async function prune(folder: string): Promise<void> {
  const entries = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined)
      return { path, isEntry: entryName.test(name), bytes: found?.size ?? 0, used: found?.mtimeMs ?? 0 }
    }),
  )
  let total = 0
  for (const { path, isEntry, bytes, used } of entries.sort((a, b) => b.used - a.used)) {
    total += bytes
    if (total > maxBytes || (!isEntry && Date.now() - used > unfinishedAge)) await rm(path, { force: true })
  }
}
