/** The folder of one run: its lock, the experiment, the plan, the event log, the weights. */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Plan } from '../../compiler/plan/plan.ts'
import { reasonOf } from '../data/messages.ts'
import { ArccError } from '../errors.ts'
import type { RunEvent } from '../events.ts'
import { makeFolder } from '../make-folder.ts'
import { type EventLog, openEventLog } from './event-log.ts'
import { trainErrors } from './messages.ts'
import { lockName, lockRun, type RunLock } from './run-lock.ts'

export interface RunFolder {
  readonly path: string
  file(name: string): string
  /** Appends to `log.ndjson`; the order of calls is the order in the file. Never throws. */
  log(event: RunEvent): void
  /** Waits until the log is written, and gives the folder free. Never throws. */
  close(): Promise<void>
}

/** Receives what does not end the run: the log cannot be written. */
type OnTrouble = (message: string) => void

const logName = 'log.ndjson'

/**
 * Creates the folder and takes its lock; throws ARC6506 if it is not empty, ARC6720 if another process uses it, ARC6722 if it cannot
 * be written. `texts` are files to write next to the plan.
 */
export async function createRunFolder(
  path: string,
  plan: Plan,
  texts: ReadonlyMap<string, string>,
  onTrouble: OnTrouble,
): Promise<RunFolder> {
  return opened(path, onTrouble, async () => {
    if ((await readdir(path)).some((name) => !name.startsWith(lockName))) throw trainErrors('ARC6506', { folder: path })
    for (const [name, text] of texts) await writeFile(join(path, name), text)
    await writeFile(join(path, 'plan.yaml'), stringify(plan.document))
  })
}

/** Opens the folder of a run that goes on, and takes its lock. Throws ARC6720 and ARC6722, as above. */
export function reopenRunFolder(path: string, onTrouble: OnTrouble): Promise<RunFolder> {
  return opened(path, onTrouble, async () => undefined)
}

async function opened(path: string, onTrouble: OnTrouble, prepare: () => Promise<void>): Promise<RunFolder> {
  let lock: RunLock | undefined
  try {
    makeFolder(path)
    lock = await lockRun(path)
    await prepare()
    const log = await openEventLog(join(path, logName), { onTrouble })
    return folderOf(path, log, lock)
  } catch (error) {
    await lock?.release()
    if (error instanceof ArccError) throw error
    throw trainErrors('ARC6722', { folder: path, reason: reasonOf(error) }, error)
  }
}

function folderOf(path: string, log: EventLog, lock: RunLock): RunFolder {
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
