/** A folder that another process has just created on storage that both share. */
import { readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a network file system may show an old listing, in milliseconds: NFS caches one for up to a minute. */
const longestCache = 65_000
const pollInterval = 250

/** Waits until this process sees the path, at most `patience` milliseconds; whether it does. Never throws. */
export async function seen(path: string, patience = longestCache): Promise<boolean> {
  const end = performance.now() + patience
  for (;;) {
    if (await isThere(path)) return true
    if (performance.now() > end) return false
    // Reading the folder makes the file system look again.
    await readdir(dirname(path)).catch(() => undefined)
    await sleep(pollInterval)
  }
}

/** Like `seen`, in a folder that this process has seen before: if that is gone, nothing will come, and it does not wait. */
export async function seenInside(path: string): Promise<boolean> {
  return (await isThere(dirname(path))) && seen(path)
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
