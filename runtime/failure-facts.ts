/** What is said about an error that ended a run. */
import { ArccError } from './errors.ts'
import type { FailureFacts } from './events.ts'
import { systemFailure } from './system-errors.ts'

/** A caught value as data, on one line. */
export function failureFacts(error: unknown): FailureFacts {
  if (error instanceof ArccError) {
    const { code, message, hint } = error
    return { code, reason: oneLine(message), ...(hint === undefined ? {} : { hint }) }
  }
  const system = systemFailure(error)
  if (system !== undefined) {
    const { code, reason, path } = system
    return { code, reason: path === undefined ? reason : `${path}: ${reason}` }
  }
  return { code: 'bug', reason: oneLine(error instanceof Error ? error.message : String(error)) }
}

function oneLine(text: string): string {
  return text.trim().split('\n').join('; ')
}
