/** How long a node goes on trying to join a run. */
import type { Attempt } from './store/client.ts'
import { liveness } from './store/protocol.ts'
import type { Refusal } from './store/refusal.ts'

/** An attempt that may be followed by another one. */
type Failed = Exclude<Attempt, { readonly how: 'admitted' }>

/**
 * Refusals that end by themselves, and milliseconds for which a node that waits for the next run asks again after one: a run that is
 * over goes away; the rank of a node that is started again is taken until its former process is missed.
 */
const ending: Partial<Record<Refusal, number>> = {
  over: Number.POSITIVE_INFINITY,
  taken: 3 * liveness.tick * liveness.mostSilent,
}

export interface PatienceOptions {
  /** For joining, in milliseconds, whatever happens. */
  readonly timeoutMs: number
  readonly waitsForNext: boolean
}

/** Tells whether to try again after an attempt that has failed at `now`, in milliseconds since the first one began. */
export function createPatience({
  timeoutMs,
  waitsForNext,
}: PatienceOptions): (attempt: Failed, now: number) => boolean {
  let last: { readonly refusal: Refusal; readonly since: number } | undefined
  return (attempt, now) => {
    if (attempt.how !== 'refused') {
      last = undefined
      return attempt.how === 'unreachable' && now < timeoutMs
    }
    const { refusal } = attempt
    if (last?.refusal !== refusal) last = { refusal, since: now }
    return waitsForNext && now < Math.min(timeoutMs, last.since + (ending[refusal] ?? 0))
  }
}
