/** `run.lock`: which process uses a run folder, so that no other one does. */
import { join } from 'node:path'
import { type ProcessLock, tryLock } from '../process-lock.ts'
import { trainErrors } from './messages.ts'

export const lockName = 'run.lock'

/** Attempts to take a lock while others do the same. */
const attempts = 5

/** Takes the lock of a run folder. Throws ARC6720, which names the owner, if another process uses it, and errors of the system. */
export async function lockRun(folder: string): Promise<ProcessLock> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { lock, owner } = await tryLock(join(folder, lockName))
    if (lock !== undefined) return lock
    if (owner !== undefined) throw trainErrors('ARC6720', { folder, pid: owner.pid, host: owner.host })
  }
  throw trainErrors('ARC6721', { folder })
}
