/**
 * Notices steps and reads that do not end. What hangs cannot be cleaned up: whoever waits for it gets no answer, and the run ends
 * beside it.
 */
import { hangErrors } from './messages.ts'

/** Seconds that everything may take if the experiment does not say. No step and no read takes that long, on any computer. */
const defaultSeconds = 1800
/** A step may take this many times as long as the slowest one so far. */
const slowness = 20
/**
 * The part of the limit that passes before an alarm, in time of the event loop: after the process was stopped (Ctrl-Z, a suspended
 * computer), answers that have arrived meanwhile come first.
 */
const lastChance = 0.1
const longestChance = 10
/** The longest time of `setTimeout`, in seconds. */
const longestTimer = 2 ** 31 / 1000 - 1

/** A step or a read that hangs, ARC6725. */
export type Alarm = ReturnType<typeof hangErrors>

export interface Watchdog {
  /** Resolves as `work` does, or never if it takes too long: then `alarm` does. `what` begins a sentence: `step 12`. */
  watch<T>(what: string, work: Promise<T>): Promise<T>
  /** Resolves when something hangs, with an error for users. */
  readonly alarm: Promise<Alarm>
  /** Waits no more: nothing hangs from now on. */
  end(): void
}

/** `declared`: the limit in seconds, or `never` an alarm; `undefined` for the default. */
export function createWatchdog(declared: number | 'never' | undefined): Watchdog {
  const timers = new Set<NodeJS.Timeout>()
  let slowest = 0
  let raise: (alarm: Alarm) => void = () => undefined
  const alarm = new Promise<Alarm>((resolve) => {
    raise = resolve
  })
  const limit = () => (typeof declared === 'number' ? declared : Math.max(defaultSeconds, slowness * slowest))

  const after = (seconds: number, act: () => void): (() => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, Math.min(seconds, longestTimer) * 1000)
    timers.add(timer)
    return () => {
      clearTimeout(timer)
      timers.delete(timer)
    }
  }

  return {
    alarm,
    async watch(what, work) {
      if (declared === 'never') return work
      const began = performance.now()
      const seconds = limit()
      let isOver = false
      let cancel = after(seconds, () => {
        cancel = after(Math.min(longestChance, seconds * lastChance), () => {
          isOver = true
          raise(hangErrors('ARC6725', { what, minutes: Math.round((seconds / 60) * 10) / 10 }))
        })
      })
      try {
        return await work
      } finally {
        cancel()
        if (!isOver) slowest = Math.max(slowest, (performance.now() - began) / 1000)
      }
    },
    end() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
