/** The folder of one run: the experiment, the plan, the event log, the weights. */
import { type FileHandle, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { RunEvent } from '../events.ts'
import { trainErrors } from './messages.ts'

/** The end of the name of a file that is being written; a killed process leaves it. */
const partial = '.partial'

export interface RunFolder {
  readonly path: string
  file(name: string): string
  /** Appends to `log.ndjson`; the order of calls is the order in the file. */
  log(event: RunEvent): void
  /** Waits until the log is written. */
  close(): Promise<void>
}

/**
 * Creates the folder; throws ARC6506 if it is not empty. `texts` are files to write next to the plan. The folder of a resumed run
 * exists: the texts are replaced, and the log goes on.
 */
export async function createRunFolder(
  path: string,
  plan: Plan,
  texts: ReadonlyMap<string, string>,
  { resumed = false } = {},
): Promise<RunFolder> {
  await mkdir(path, { recursive: true })
  if (!resumed && (await readdir(path)).length > 0) throw trainErrors('ARC6506', { folder: path })
  for (const name of await readdir(path)) if (name.endsWith(partial)) await rm(join(path, name), { force: true })
  for (const [name, text] of [...texts, ['plan.yaml', stringify(plan.document)] as const])
    await replaceText(join(path, name), text)
  const log: FileHandle = await open(join(path, 'log.ndjson'), 'a+')
  await endLine(log)
  let written: Promise<unknown> = Promise.resolve()
  return {
    path,
    file: (name) => join(path, name),
    log(event) {
      written = written.then(() => log.write(`${JSON.stringify(event)}\n`))
    },
    async close() {
      await written
      await log.close()
    },
  }
}

/** Whoever reads the file, also after a process was killed, sees the former text or the new one. */
async function replaceText(path: string, text: string): Promise<void> {
  const temporary = `${path}${partial}`
  await writeFile(temporary, text, { flush: true })
  await rename(temporary, path)
}

/** Ends a line that a killed process has begun. */
async function endLine(log: FileHandle): Promise<void> {
  const { size } = await log.stat()
  if (size === 0) return
  const { buffer } = await log.read(Buffer.alloc(1), 0, 1, size - 1)
  if (buffer.toString() !== '\n') await log.write('\n')
}
