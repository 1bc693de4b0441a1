/** Ctrl-C as a request to stop. */
import { exitCode } from '../render/exit.ts'

/**
 * The first Ctrl-C (or SIGTERM, from a scheduler) asks the command to stop and keep what it has; a second Ctrl-C ends the process
 * immediately. `release` removes the handlers.
 */
export function interruptible(onFirst: () => void): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const handle = (name: NodeJS.Signals) => {
    if (controller.signal.aborted && name === 'SIGINT') process.exit(exitCode.interrupted)
    if (controller.signal.aborted) return
    controller.abort()
    onFirst()
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
    },
  }
}
