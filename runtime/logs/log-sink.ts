/** The interface of the logs of a run beside `log.ndjson`. None of them knows the terminal, and none of them can end or delay a run. */
import type { RunEvent } from '../events.ts'

export interface LogSink {
  /** Takes an event at a time in milliseconds since 1970. Returns at once, and never throws. */
  event(event: RunEvent, now: number): void
  /** Waits, for a bounded time, until everything is written. Never throws. */
  close(): Promise<void>
}

/** Receives sentences for people about a log that does not work. */
export type Warn = (message: string) => void
