/**
 * TensorBoard: `tensorboard/events.out.tfevents.…` in the run folder. A resumed run writes a further file, and TensorBoard replaces what
 * the earlier ones have beyond the step at which it goes on.
 */
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../make-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { restartRecord, scalarRecord, textRecord, versionRecord } from './event-file.ts'
import type { LogSink, Warn } from './log-sink.ts'
import { scalarsOf, thinning } from './scalars.ts'

export interface TensorboardOptions {
  /** The run folder. */
  readonly folder: string
  /** Texts in Markdown, by tag. */
  readonly texts: ReadonlyMap<string, string>
  readonly warn: Warn
}

/** Records that wait for the disk at most; later ones are left out. */
const mostWaiting = 10_000

/** A file that no other run has. Its name begins with the time in seconds, by which TensorBoard orders files. */
async function createFile(folder: string, now: number): Promise<FileHandle> {
  makeFolder(folder)
  const seconds = String(Math.floor(now / 1000)).padStart(10, '0')
  for (let number = 0; ; number++) {
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${number}`
    try {
      return await open(join(folder, name), 'wx')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}

/** Scalars of the run, and the texts. The first failure to write is a warning, after which nothing more is written. */
export function tensorboardSink({ folder, texts, warn }: TensorboardOptions): LogSink {
  const path = join(folder, 'tensorboard')
  const isKept = thinning()
  let file: FileHandle | undefined
  let hasFailed = false
  let waiting = 0
  let written: Promise<void> = Promise.resolve()

  const fail = (reason: string) => {
    if (!hasFailed) warn(`TensorBoard's files in ${path} end here: ${reason}`)
    hasFailed = true
  }
  const begin = async (now: number, step: number) => {
    const opened = await createFile(path, now)
    const isRestart = (await readdir(path)).length > 1
    const records = [
      versionRecord(now),
      ...(isRestart ? [restartRecord(now, step)] : []),
      ...Array.from(texts, ([tag, text]) => textRecord(now, tag, text)),
    ]
    await opened.appendFile(Buffer.concat(records))
    return opened
  }
  const write = (now: number, step: number, record: Buffer) => {
    if (hasFailed) return
    if (waiting >= mostWaiting) return fail('the disk is too slow')
    waiting++
    written = written.then(async () => {
      try {
        if (hasFailed) return
        file ??= await begin(now, step)
        await file.appendFile(record)
      } catch (error) {
        fail(reasonOf(error))
      } finally {
        waiting--
      }
    })
  }
  return {
    event(event, now) {
      // The steps after that state are repeated.
      if (event.type === 'left-out') write(now, event.back + 1, restartRecord(now, event.back + 1))
      if (!isKept(event)) return
      const found = scalarsOf(event)
      if (found === undefined) return
      write(now, found.step, scalarRecord(now, found.step, found.scalars))
    },
    async close() {
      await written
      await file?.close().catch(() => undefined)
    },
  }
}
