/**
 * Which report ends a run. A failure makes others fail: they lose a connection, and may report that before the store learns of the
 * first one. So what may be a consequence waits a moment for a cause.
 */
import type { Report } from './facts.ts'

/** Milliseconds that a report which may be a consequence waits for its cause. */
const settling = 1000

export interface RunEnd {
  readonly op: 'lost' | 'failed'
  readonly rank: number
  readonly report: Report
}

export interface Ending {
  /** Takes a report; the first cause decides, otherwise the first loss, otherwise the first consequence. */
  report(end: RunEnd): void
  /** What ends the run; `undefined` until it is decided. */
  readonly decided: RunEnd | undefined
  /** Forgets what is not decided. */
  stop(): void
}

/** 0 is a cause. */
function weight({ op, report }: RunEnd): number {
  return op === 'failed' ? (report.follows === true ? 2 : 0) : 1
}

/** Calls `onDecided` once. */
export function createEnding(onDecided: (end: RunEnd) => void): Ending {
  let best: RunEnd | undefined
  let decided: RunEnd | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const decide = () => {
    clearTimeout(timer)
    if (decided !== undefined || best === undefined) return
    decided = best
    onDecided(decided)
  }
  return {
    report(end) {
      if (decided !== undefined) return
      if (best === undefined || weight(end) < weight(best)) best = end
      if (weight(best) === 0) decide()
      else timer ??= setTimeout(decide, settling)
    },
    get decided() {
      return decided
    },
    stop: () => clearTimeout(timer),
  }
}
