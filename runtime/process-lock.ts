/**
 * A lock file, which one process at a time holds. The lock of a process that has ended is taken over, also if it was killed or the
 * computer restarted.
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, link, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Computer, isStill, startOf, thisComputer } from './process-name.ts'

/** The process that holds a lock. */
export interface LockOwner extends Computer {
  readonly pid: number
  /** The start time of the process; empty where the system does not tell. */
  readonly started: string
}

export interface ProcessLock {
  /** Releases the lock. Never throws. */
  release(): Promise<void>
}

/** How often the lock shows that its owner lives, in milliseconds; and after how long without that it is dead, wherever it runs. */
const beat = 10_000
const silence = 12 * beat

/** How often a lock that another process holds is looked at, in milliseconds. */
const pollInterval = 300

/**
 * Takes the lock file `path`, if no other process holds it: `lock`, or the `owner`. Both are missing if the lock changed meanwhile:
 * try again. Throws errors of the system.
 */
export async function tryLock(path: string): Promise<{ readonly lock?: ProcessLock; readonly owner?: LockOwner }> {
  const own = JSON.stringify(thisProcess())
  if (await create(path, own)) return { lock: await held(path, own) }
  const found = await readFile(path, 'utf8').catch(() => undefined)
  if (found === undefined) return {}
  const owner = parseOwner(found)
  if (owner !== undefined && (await isAlive(owner, path))) return { owner }
  await removeStale(path, found)
  return {}
}

/** The process that holds the lock file `path`, without touching it; `undefined` if none does. Never throws. */
export async function lockOwner(path: string): Promise<LockOwner | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const owner = text === undefined ? undefined : parseOwner(text)
  if (owner === undefined) return undefined
  // In a folder that cannot be written, only the computer's own clock tells the age of a lock.
  const byClock = async () => Date.now() - (await stat(path)).mtimeMs < silence
  const alive = await isAlive(owner, path).catch(() => byClock().catch(() => false))
  return alive ? owner : undefined
}

/** Runs `body` while this process holds the lock file `path`; `onWait` is called once with the process that holds it at first. */
export async function withLock<T>(path: string, onWait: (pid: number) => void, body: () => Promise<T>): Promise<T> {
  for (let isFirst = true; ; ) {
    const { lock, owner } = await tryLock(path)
    if (lock !== undefined) {
      try {
        return await body()
      } finally {
        await lock.release()
      }
    }
    if (owner === undefined) continue
    if (isFirst) onWait(owner.pid)
    isFirst = false
    await sleep(pollInterval)
  }
}

/**
 * Creates the lock with its contents in one step: a link to a finished file, because exclusive creation is not reliable on every
 * network file system. File systems without links get the exclusive creation.
 */
async function create(path: string, contents: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`
  await writeFile(aside, contents)
  try {
    await link(aside, path)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) {
      // The reply to a link that was made may be lost on a network.
      if ((await stat(aside)).nlink === 2) return true
      throw error
    }
    return createExclusively(path, contents)
  } finally {
    await rm(aside, { force: true })
  }
}

async function createExclusively(path: string, contents: string): Promise<boolean> {
  try {
    await writeFile(path, contents, { flag: 'wx' })
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** Removes a lock with these contents; one that another process has just put in its place is put back. */
async function removeStale(path: string, contents: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== contents) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

async function held(path: string, own: string): Promise<ProcessLock> {
  let file: FileHandle | undefined = await open(path, 'r+')
  // Written again rather than touched: the time of the file is then that of the file system, not of a clock that may be wrong.
  const timer = setInterval(() => void file?.write(own, 0).catch(() => undefined), beat)
  timer.unref()
  return {
    async release() {
      clearInterval(timer)
      const closing = file
      file = undefined
      await closing?.close().catch(() => undefined)
      const found = await readFile(path, 'utf8').catch(() => undefined)
      if (found === own) await rm(path, { force: true }).catch(() => undefined)
    },
  }
}

/** The owner in a lock; `undefined` for contents that no version of arcc writes, after a crash of the computer for example. */
function parseOwner(text: string): LockOwner | undefined {
  try {
    const { pid, host, machine, boot, namespace, started } = JSON.parse(text)
    const texts = [host, machine, boot, namespace, started]
    const isOwner = typeof pid === 'number' && texts.every((value) => typeof value === 'string')
    return isOwner ? { pid, host, machine, boot, namespace, started } : undefined
  } catch {
    return undefined
  }
}

function thisProcess(): LockOwner {
  return { pid: process.pid, ...thisComputer(), started: startOf(process.pid) ?? '' }
}

/** Whether the owner of a lock still runs. One that cannot be seen from here lives as long as it refreshes the lock. */
async function isAlive(owner: LockOwner, path: string): Promise<boolean> {
  const here = thisComputer()
  if (owner.host !== here.host || owner.machine !== here.machine) return isFresh(path)
  if (owner.boot !== here.boot) return false
  if (owner.namespace !== here.namespace) return isFresh(path)
  return isStill(owner.pid, owner.started === '' ? undefined : owner.started)
}

/** Whether the lock was refreshed recently, by the clock of the file system itself. */
async function isFresh(path: string): Promise<boolean> {
  const probe = `${path}.${randomUUID()}`
  await writeFile(probe, '')
  try {
    const [now, refreshed] = [(await stat(probe)).mtimeMs, (await stat(path)).mtimeMs]
    return now - refreshed < silence
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  } finally {
    await rm(probe, { force: true })
  }
}
