/** The progress line of commands that go through all pictures, and their Ctrl-C. */

import { renderProgress } from '../render/bars.ts'
import type { ExitCode } from '../render/exit.ts'
import { factLines, paragraph } from '../render/fit.ts'
import { formatCount, formatPercent, formatRate, formatSeconds, plural } from '../render/format.ts'
import { progressLine } from '../render/live-line.ts'
import type { Look } from '../render/look.ts'
import type { Output } from '../render/output.ts'
import { interruptible } from './interruptible.ts'

/** A state of the work. */
interface WorkProgress {
  readonly stage: string
  readonly done: number
  readonly total: number
  /** What `done` counts, for the rate; images by default. */
  readonly unit?: string
  /** Pictures among `done` that an earlier run of the command did. */
  readonly kept?: number
  readonly faults?: number
}

/** The same with the time since its stage began. */
export interface TimedProgress extends WorkProgress {
  readonly seconds: number
}

const barWidth = 24

/** `pictures  ████░░░░ 25 %  75 of 300  1,234 images/s  eta 5 s`, on several lines if the terminal is narrow. */
export function workLine(
  { stage, done, total, unit = 'images', kept = 0, faults = 0, seconds }: TimedProgress,
  look: Look,
): string {
  const share = total > 0 ? done / total : 1
  const rate = seconds > 0 ? (done - kept) / seconds : 0
  const bar = renderProgress(share, Math.min(barWidth, look.width - 20), look.unicode)
  const facts = [
    `${stage} ${bar} ${formatPercent(share)}`,
    `${formatCount(done)} of ${formatCount(total)}`,
    ...(rate > 0
      ? [formatRate(rate, unit), ...(done < total ? [`eta ${formatSeconds((total - done) / rate)}`] : [])]
      : []),
    ...(faults > 0 ? [look.palette.warning(plural(faults, 'fault'))] : []),
  ]
  return factLines(facts, look, { gap: '  ', indent: 2 }).join('\n')
}

/** Redrawn at most so often, in milliseconds; on output that is not a terminal, a line appears every tenth of the work. */
const interval = 100

export interface Work {
  readonly signal: AbortSignal
  /** The exit code of the signal that came; `undefined` if none did. */
  readonly code: ExitCode | undefined
  readonly report: (progress: WorkProgress) => void
  readonly end: () => void
}

/** Shows progress on stderr and turns signals into a request to stop; `stopping` is what is said then. */
export function startWork(output: Output, stopping: string): Work {
  const look = output.errorLook
  const line = progressLine(process.stderr, look, {
    line: workLine,
    stage: ({ stage, done, total }: TimedProgress) => `${stage} ${total > 0 ? Math.floor((10 * done) / total) : 10}`,
  })
  const interrupt = interruptible({ onFirst: () => output.note(paragraph(look.palette.quiet(stopping), look)) })
  let stage = ''
  let [began, shown] = [0, 0]
  return {
    signal: interrupt.signal,
    get code() {
      return interrupt.code
    },
    report(progress) {
      const now = performance.now()
      if (progress.stage !== stage) {
        stage = progress.stage
        began = now
      } else if (now - shown < interval && progress.done < progress.total) return
      shown = now
      line.show({ ...progress, seconds: (now - began) / 1000 })
    },
    end() {
      line.end()
      interrupt.release()
    },
  }
}
