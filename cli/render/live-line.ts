/** A status line: on a terminal it is updated in place and removed at the end. */
import { createLogUpdate } from 'log-update'
import { renderProgress } from './bars.ts'
import { lineWidth, paragraph } from './fit.ts'
import { formatBytes, formatPercent } from './format.ts'
import type { Look } from './look.ts'

export interface LiveLine {
  show(text: string): void
  end(): void
}

/** The live line; `undefined` if the stream is not a terminal, or the terminal cannot move its cursor. */
export function liveLine(stream: NodeJS.WriteStream, look: Look): LiveLine | undefined {
  if (!stream.isTTY || process.env.TERM === 'dumb') return undefined
  const live = createLogUpdate(stream, { defaultWidth: look.width, showCursor: true })
  // Wrap here, because log-update would break lines inside words.
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

/** A progress line: updated in place on a terminal; elsewhere one line for each new `stage` of an event. */
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

/** The maximum width of a bar, and the columns reserved for the blanks before it. */
const barWidth = 24
const margin = 2

/** The progress of a download: `████░░░░ 25 % of 200 MiB`. */
export function fetchedFact(bytes: number, total: number, look: Look): string {
  const text = ` ${formatPercent(bytes / total)} of ${formatBytes(total)}`
  return renderProgress(bytes / total, Math.min(barWidth, lineWidth(look) - text.length - margin), look.unicode) + text
}
