/** Why a run stops before its end, as the reason of an `AbortSignal`: a request from outside, or an error beside it. */

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export class Interruption {
  readonly signal: StopSignal
  /**
   * Milliseconds from the signal to the moment when whoever sent it will end the process; `undefined` if it has no limit, because a
   * person is waiting who can send another.
   */
  readonly grace: number | undefined
  /** When it came, in time of `performance.now()`. */
  readonly at: number

  constructor(signal: StopSignal, grace?: number, at: number = performance.now()) {
    this.signal = signal
    this.grace = grace
    this.at = at
  }

  /** Whether something that takes `seconds` will end in time. */
  allows(seconds: number | undefined, now: number = performance.now()): boolean {
    if (this.grace === undefined) return true
    return seconds !== undefined && now + seconds * 1000 < this.at + this.grace
  }
}

/** An error beside the work of the run, of a timer or a socket for example: the run ends with it after the steps in flight. */
export class Crash extends Error {
  readonly error: unknown

  constructor(error: unknown) {
    super(error instanceof Error ? error.message : String(error))
    this.error = error
  }
}

/** Throws the error of a `Crash` behind an aborted signal. */
export function throwIfCrashed({ aborted, reason }: AbortSignal): void {
  if (aborted && reason instanceof Crash) throw reason.error
}

/** The interruption behind an aborted signal; one without a limit if something else aborted it. */
export function interruptionOf(signal: AbortSignal): Interruption | undefined {
  if (!signal.aborted) return undefined
  return signal.reason instanceof Interruption ? signal.reason : new Interruption('SIGINT')
}
