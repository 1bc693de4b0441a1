/** A line that says what is under way: on a terminal it changes in place and goes away at the end. */
import { createLogUpdate } from 'log-update'
import { renderProgress } from './bars.ts'
import { lineWidth, paragraph } from './fit.ts'
import { formatBytes, formatPercent } from './format.ts'
import type { Look } from './look.ts'

export interface LiveLine {
  show(text: string): void
  end(): void
}

/** `undefined` where the stream is no terminal, or one that cannot move its cursor. */
export function liveLine(stream: NodeJS.WriteStream, look: Look): LiveLine | undefined {
  if (!stream.isTTY || process.env.TERM === 'dumb') return undefined
  const live = createLogUpdate(stream, { defaultWidth: look.width })
  // A line that log-update had to break would be broken anywhere.
  return {
    show: (text) =>
      live(
        text
          .split('\n')
          .flatMap((line) => paragraph(line, look))
          .join('\n'),
      ),
    end: () => live.clear(),
  }
}

/** A line that says how far something is: on a terminal it changes; elsewhere there is one for each new thing, `stage` of an event. */
export function progressLine<E>(
  stream: NodeJS.WriteStream,
  look: Look,
  render: { readonly line: (event: E, look: Look) => string; readonly stage: (event: E) => string },
): { show(event: E): void; end(): void } {
  const live = liveLine(stream, look)
  if (live !== undefined) return { show: (event) => live.show(render.line(event, look)), end: live.end }
  let last = ''
  return {
    show(event) {
      const stage = render.stage(event)
      if (stage !== last) stream.write(`${render.line(event, look)}\n`)
      last = stage
    },
    end() {},
  }
}

/** Columns of a bar, where there is room, and what is kept for the blanks before it. */
const barWidth = 24
const margin = 2

/** How much has come of something that is fetched: `████░░░░ 25 % of 200 MiB`. */
export function fetchedFact(bytes: number, total: number, look: Look): string {
  const text = ` ${formatPercent(bytes / total)} of ${formatBytes(total)}`
  return renderProgress(bytes / total, Math.min(barWidth, lineWidth(look) - text.length - margin), look.unicode) + text
}
