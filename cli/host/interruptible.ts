/** Ctrl-C, SIGTERM and SIGHUP as requests to stop. */
import { closeSync, openSync } from 'node:fs'
import { endProcess } from '../../runtime/end-process.ts'
import { Crash, Interruption, type StopSignal } from '../../runtime/train/failure/interruption.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'

/** The exit code of a command that a signal has ended: 128 plus its number, as in shells. */
export const stopCodes: { readonly [S in StopSignal]: ExitCode } = {
  SIGINT: exitCode.interrupted,
  SIGTERM: exitCode.terminated,
  SIGHUP: exitCode.hungUp,
}
const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Two signals within this many milliseconds are one: the terminal sends Ctrl-C to npx as well, which passes it on, and schedulers
 * signal all processes of a job.
 */
const echo = 100

export interface InterruptOptions {
  /** Called at the first signal. */
  readonly onFirst: (signal: StopSignal) => void
  /** Milliseconds that SIGTERM and SIGHUP leave to end in order; Ctrl-C leaves all the time. */
  readonly grace?: number
  /** Whether the command goes on after its terminal was closed. */
  readonly outlastsTerminal?: boolean
}

export interface Interruptible {
  /** Aborted at the first signal, with an `Interruption` as its reason, or by `crash`. */
  readonly signal: AbortSignal
  /** The exit code of the signal; `undefined` if none came. */
  readonly code: ExitCode | undefined
  /**
   * Asks the command to stop because of an error beside it. Whether it does: not at a second error. One that is stopping because of a
   * signal goes on with that, and `throwCrash` has the error.
   */
  crash(error: unknown): boolean
  /** Throws the error that `crash` received, if any. */
  throwCrash(): void
  /** Removes the handlers. */
  release(): void
}

/** Whether this process has a controlling terminal: a closed one is taken from all of its processes. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** The first signal asks the command to stop and to keep what it has; a second one ends the process immediately. */
export function interruptible({ onFirst, grace, outlastsTerminal = false }: InterruptOptions): Interruptible {
  const controller = new AbortController()
  const startedOnTerminal = outlastsTerminal && hasTerminal()
  let first: Interruption | undefined
  let crashed: { readonly error: unknown } | undefined
  const handle = (name: NodeJS.Signals) => {
    const signal = stopSignals.find((known) => known === name)
    if (signal === undefined) return
    if (signal === 'SIGHUP' && startedOnTerminal && !hasTerminal()) return
    if (first === undefined) {
      first = new Interruption(signal, signal === 'SIGINT' ? undefined : grace)
      controller.abort(first)
      onFirst(signal)
    } else if (performance.now() - first.at >= echo) endProcess(stopCodes[signal])
  }
  for (const signal of stopSignals) process.on(signal, handle)
  return {
    signal: controller.signal,
    get code() {
      return first && stopCodes[first.signal]
    },
    crash(error) {
      if (crashed !== undefined) return false
      crashed = { error }
      if (!controller.signal.aborted) controller.abort(new Crash(error))
      return true
    },
    throwCrash() {
      if (crashed !== undefined) throw crashed.error
    },
    release() {
      for (const signal of stopSignals) process.off(signal, handle)
    },
  }
}
