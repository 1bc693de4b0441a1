/** The folder of one run: the experiment, the plan, the event log, the weights. */
import { type FileHandle, mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { RunEvent } from '../events.ts'
import { trainErrors } from './messages.ts'

export interface RunFolder {
  readonly path: string
  file(name: string): string
  /** Appends to `log.ndjson`; the order of calls is the order in the file. */
  log(event: RunEvent): void
  /** Waits until the log is written. */
  close(): Promise<void>
}

/** Creates the folder; throws ARC6506 if it is not empty. `texts` are files to write next to the plan. */
export async function createRunFolder(
  path: string,
  plan: Plan,
  texts: ReadonlyMap<string, string>,
): Promise<RunFolder> {
  await mkdir(path, { recursive: true })
  if ((await readdir(path)).length > 0) throw trainErrors('ARC6506', { folder: path })
  for (const [name, text] of texts) await writeFile(join(path, name), text)
  await writeFile(join(path, 'plan.yaml'), stringify(plan.document))
  const log: FileHandle = await open(join(path, 'log.ndjson'), 'a')
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
