/**
 * `log.ndjson`: one event per line. The log never ends a run: lines that cannot be written, because the disk is full or the file
 * system has gone, wait in memory and are written when that is possible again.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { need } from '../../grammar/diagnostic.ts'
import type { RunEvent, WarningEvent } from '../events.ts'
import { eventLine } from '../logs/event-line.ts'
import { reasonOf } from '../system-errors.ts'

export interface EventLog {
  /** Appends an event; the order of calls is the order in the file. After `close` it does nothing. Never throws. */
  add(event: RunEvent): void
  /** Waits until everything is written, or the last attempt to write has failed. Never throws. */
  close(): Promise<void>
}

export interface EventLogOptions {
  /** Called once each time writing begins to fail, and once if lines are lost in the end. */
  readonly onTrouble: (message: string) => void
  /** Bytes that wait in memory at most; beyond that, the oldest progress events are left out first. */
  readonly mostWaiting?: number
  /** Milliseconds between attempts to write. */
  readonly retryAfter?: number
}

interface Line {
  readonly bytes: Buffer
  /** Progress events come every half second and can be spared. */
  readonly isSpare: boolean
}

/** Opens a log for appending. Throws the system's error if it cannot be opened. */
export async function openEventLog(path: string, options: EventLogOptions): Promise<EventLog> {
  const { onTrouble, mostWaiting = 8 * 2 ** 20, retryAfter = 2000 } = options
  const file = await open(path, 'a+')
  let isMidLine = await endsInLine(file)
  const lines: Line[] = []
  /** Bytes of the first line that are in the file already: a full disk may take a part of it. */
  let written = 0
  let waiting = 0
  let leftOut = 0
  let troubledAt: number | undefined
  let writing: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let isClosed = false

  const push = (event: RunEvent) => {
    const bytes = Buffer.from(`${eventLine(event, Date.now())}\n`)
    lines.push({ bytes, isSpare: event.type === 'progress' })
    waiting += bytes.length
    while (waiting > mostWaiting && lines.length > 1) {
      // The first line may be in the file in part.
      const spare = lines.findIndex(({ isSpare }, i) => i > 0 && isSpare)
      const [dropped] = lines.splice(spare > 0 ? spare : 1, 1)
      waiting -= need(dropped, 'a line').bytes.length
      leftOut++
    }
  }
  const drain = async () => {
    try {
      for (let line = lines[0]; line !== undefined; line = lines[0]) {
        if (isMidLine) await file.write('\n')
        isMidLine = false
        written += await writeSome(file, line.bytes, written)
        if (written < line.bytes.length) continue
        lines.shift()
        waiting -= line.bytes.length
        written = 0
      }
      troubledAt = undefined
      if (leftOut > 0) push(leftOutEvent(leftOut))
      leftOut = 0
    } catch (error) {
      if (troubledAt === undefined)
        onTrouble(`${path} cannot be written: ${reasonOf(error)}; the run goes on, and its events are kept in memory`)
      troubledAt = performance.now()
    }
  }
  const start = () => {
    clearTimeout(retry)
    writing ??= drain().finally(() => {
      writing = undefined
      if (lines.length === 0 || isClosed) return
      if (troubledAt === undefined) start()
      else retry = setTimeout(start, retryAfter).unref()
    })
  }

  return {
    add(event) {
      if (isClosed) return
      push(event)
      if (troubledAt === undefined || performance.now() - troubledAt >= retryAfter) start()
    },
    async close() {
      while (writing !== undefined) await writing
      if (lines.length > 0) {
        start()
        await writing
      }
      // Before the last message, which may come back as an event.
      isClosed = true
      clearTimeout(retry)
      if (lines.length > 0) onTrouble(`${path} cannot be written: its last ${lines.length} events are lost`)
      await file.close().catch(() => undefined)
    },
  }
}

/** Whether a killed process has begun the last line. */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() !== '\n'
}

async function writeSome(file: FileHandle, bytes: Buffer, from: number): Promise<number> {
  const { bytesWritten } = await file.write(bytes, from)
  return bytesWritten
}

function leftOutEvent(count: number): WarningEvent {
  return {
    type: 'warning',
    message: `${count} events are missing in this log: it could not be written for too long`,
  }
}
