/** The run folder: the requested one, or the next free one below `runs/`. */
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../../runtime/make-folder.ts'
import { systemFailure } from '../../runtime/system-errors.ts'
import { trainErrors } from '../../runtime/train/messages.ts'
import { usageErrors } from './messages.ts'

const runsFolder = 'runs'

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true
    throw unwritable(folder, error)
  }
}

function unwritable(folder: string, error: unknown): unknown {
  const failure = systemFailure(error)
  return failure === undefined ? error : trainErrors('ARC6722', { folder, reason: failure.reason }, error)
}

function writable(folder: string, body: () => void): void {
  try {
    body()
  } catch (error) {
    throw unwritable(folder, error)
  }
}

/**
 * Creates the folder of a new run and returns its path. Without a wish it is `runs/NAME-001` with the first free number after the
 * highest; two runs that start simultaneously get two folders. Throws ARC6602 if the folder is not empty, ARC6722 if it cannot be
 * created.
 */
export function makeRunFolder(experiment: string, wish: string | undefined, runs = runsFolder): string {
  if (wish !== undefined) {
    if (!isEmpty(wish)) throw usageErrors('ARC6602', { folder: wish })
    writable(wish, () => makeFolder(wish))
    return wish
  }
  writable(runs, () => makeFolder(runs))
  const numbers = readdirSync(runs).map((name) =>
    name.startsWith(`${experiment}-`) ? Number(/^\d{3,}$/.exec(name.slice(experiment.length + 1))?.[0] ?? 0) : 0,
  )
  for (let number = Math.max(0, ...numbers) + 1; ; number++) {
    const folder = join(runs, `${experiment}-${String(number).padStart(3, '0')}`)
    try {
      mkdirSync(folder)
      return folder
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw unwritable(folder, error)
    }
  }
}

/** Removes a run folder that stayed empty. Never throws: why it stayed empty matters more than that it is there. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It has files, is gone, or cannot be removed.
  }
}
