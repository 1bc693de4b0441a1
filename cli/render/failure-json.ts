/** What stops a command before or beside diagnostics, in their form: the JSON of a command has everything that its text says. */
import { ArccError } from '../../runtime/errors.ts'
import { failureFacts } from '../../runtime/failure-facts.ts'
import type { JsonDiagnostic } from './diagnostic.ts'

/** The beginning of a file: failures are not about a place inside it. */
const start = { line: 1, column: 1, endLine: 1, endColumn: 1 } as const

/**
 * A caught value as an error at the beginning of the file that it is about, by default `path`. The code is that of arcc, that of the
 * system (`EACCES`), or `bug`.
 */
export function failureToJson(error: unknown, path: string): JsonDiagnostic {
  const { code, reason, hint } = failureFacts(error)
  const named = error instanceof ArccError ? error.params.file : undefined
  return {
    code,
    severity: 'error',
    message: reason,
    path: typeof named === 'string' ? named : path,
    ...start,
    label: undefined,
    related: [],
    notes: hint === undefined ? [] : [hint],
    variants: undefined,
    fix: undefined,
  }
}
