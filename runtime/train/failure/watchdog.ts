/**
 * Notices steps and reads that do not end. What hangs cannot be cleaned up: whoever waits for it gets no answer, and the run ends
 * beside it.
 */
import type { Watch } from '../../watch.ts'
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
  /**
   * Starts `work` and settles as it does, or never if it takes too long: then `alarm` resolves. After an alarm nothing is started and
   * nothing that is watched settles, so that no work goes on beside the saving of the state. `what` begins a sentence: `step 12`.
   */
  watch: Watch
  /** Resolves when something hangs, with an error for users. */
  readonly alarm: Promise<Alarm>
  /** Waits no more: nothing hangs from now on. */
  end(): void
}

/** `declared`: the limit in seconds, or `never` an alarm; `undefined` for the default. */
export function createWatchdog(declared: number | 'never' | undefined): Watchdog {
  const timers = new Set<NodeJS.Timeout>()
  let slowest = 0
  let isAlarmed = false
  let raise: (alarm: Alarm) => void = () => undefined
  const alarm = new Promise<Alarm>((resolve) => {
    raise = (error) => {
      isAlarmed = true
      resolve(error)
    }
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
      if (declared === 'never') return work()
      if (isAlarmed) return new Promise<never>(() => undefined)
      const watched = work()
      const began = performance.now()
      const seconds = limit()
      let cancel = after(seconds, () => {
        cancel = after(Math.min(longestChance, seconds * lastChance), () => {
          raise(hangErrors('ARC6725', { what, seconds }))
        })
      })
      await Promise.allSettled([watched])
      cancel()
      if (isAlarmed) return new Promise<never>(() => undefined)
      slowest = Math.max(slowest, (performance.now() - began) / 1000)
      return watched
    },
    end() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
