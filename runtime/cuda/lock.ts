/** A lock between processes. The lock of a process or computer that has ended is ignored. */
import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../process-name.ts'

interface Holder {
  readonly pid: number
  readonly host: string
}

/** How often the lock is refreshed and polled, in milliseconds. */
const beat = 5000
const pollInterval = 300
/** A lock that has not been refreshed for this time is stale. */
const forgotten = 12 * beat

/**
 * Runs `body` while this process holds the lock file `path`; `onWait` is called once with the process that currently holds it.
 */
export async function withLock<T>(path: string, onWait: (pid: number) => void, body: () => Promise<T>): Promise<T> {
  let told = false
  while (!(await take(path))) {
    const holder = await holderOf(path)
    if (holder === undefined) continue
    if (holder === 'gone') {
      await rm(path, { force: true })
      continue
    }
    if (!told) onWait(holder.pid)
    told = true
    await sleep(pollInterval)
  }
  const touch = setInterval(() => {
    const now = new Date()
    // The lock may be removed meanwhile, manually or with the whole folder: then there is nothing to refresh.
    utimes(path, now, now).catch(() => undefined)
  }, beat)
  touch.unref()
  try {
    return await body()
  } finally {
    clearInterval(touch)
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    const holder: Holder = { pid: process.pid, host: hostname() }
    await file.writeFile(JSON.stringify(holder))
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** `gone`: the process has ended. `undefined`: there is no holder, or it has only just acquired the lock. */
async function holderOf(path: string): Promise<Holder | 'gone' | undefined> {
  try {
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > forgotten) return 'gone'
    const holder = JSON.parse(await readFile(path, 'utf8')) as Holder
    return holder.host === hostname() && !isAlive(holder.pid) ? 'gone' : holder
  } catch {
    await sleep(pollInterval / 10)
    return undefined
  }
}
