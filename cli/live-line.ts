/** A line that says what is under way: on a terminal it changes in place and goes away at the end. */
import { createLogUpdate } from 'log-update'
import type { Look } from './look.ts'

export interface LiveLine {
  show(text: string): void
  end(): void
}

/** `undefined` where the stream is no terminal, or one that cannot move its cursor. */
export function liveLine(stream: NodeJS.WriteStream, look: Look): LiveLine | undefined {
  if (!stream.isTTY || process.env.TERM === 'dumb') return undefined
  const live = createLogUpdate(stream, { defaultWidth: look.width })
  return { show: (text) => live(text), end: () => live.clear() }
}
