/** The folder of one run: its lock, the experiment, the plan, the event log, the weights. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Plan } from '../../compiler/plan/plan.ts'
import { ArccError } from '../errors.ts'
import type { RunEvent } from '../events.ts'
import { makeFolder } from '../make-folder.ts'
import type { ProcessLock } from '../process-lock.ts'
import { replaceContents } from '../replace-file.ts'
import { reasonOf } from '../system-errors.ts'
import { type EventLog, openEventLog } from './event-log.ts'
import { trainErrors } from './messages.ts'
import { lockName, lockRun } from './run-lock.ts'

/** The end of the name of a file that is being written; a killed process leaves it. */
const partial = '.partial'

export interface RunFolder {
  readonly path: string
  file(name: string): string
  /** Appends to `log.ndjson`; the order of calls is the order in the file. Never throws. */
  log(event: RunEvent): void
  /** Waits until the log is written, and gives the folder free. Never throws. */
  close(): Promise<void>
}

export interface RunFolderOptions {
  readonly resumed: boolean
  /** Receives what does not end the run: the log cannot be written. */
  readonly onTrouble: (message: string) => void
}

export const logName = 'log.ndjson'
export const planName = 'plan.yaml'

/**
 * Creates the folder and takes its lock; throws ARC6506 if it is not empty, ARC6720 if another process uses it, ARC6722 if it cannot
 * be written. `texts` are files to write next to the plan. The folder of a resumed run exists: the texts are replaced, and the log
 * goes on.
 */
export async function createRunFolder(
  path: string,
  plan: Plan,
  texts: ReadonlyMap<string, string>,
  { resumed, onTrouble }: RunFolderOptions,
): Promise<RunFolder> {
  let lock: ProcessLock | undefined
  try {
    makeFolder(path)
    lock = await lockRun(path)
    if (!resumed && (await readdir(path)).some((name) => !name.startsWith(lockName)))
      throw trainErrors('ARC6506', { folder: path })
    for (const name of await readdir(path)) if (name.endsWith(partial)) await rm(join(path, name), { force: true })
    for (const [name, text] of [...texts, [planName, stringify(plan.document)] as const])
      await replaceContents(join(path, name), text, { durable: true })
    const log = await openEventLog(join(path, logName), { onTrouble })
    return folderOf(path, log, lock)
  } catch (error) {
    await lock?.release()
    if (error instanceof ArccError) throw error
    throw trainErrors('ARC6722', { folder: path, reason: reasonOf(error) }, error)
  }
}

function folderOf(path: string, log: EventLog, lock: ProcessLock): RunFolder {
  return {
    path,
    file: (name) => join(path, name),
    log: log.add,
    async close() {
      await log.close()
      await lock.release()
    },
  }
}
