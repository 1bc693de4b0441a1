/** The output of a command: results to stdout, diagnostics and failures to stderr, each with its own look. */
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { renderDiagnostics } from './diagnostic.ts'
import { type Look, lookFor } from './look.ts'

export interface Output {
  /** The look of results. */
  readonly look: Look
  readonly errorLook: Look
  result(lines: readonly string[]): void
  note(lines: readonly string[]): void
  /** Writes diagnostics to stderr; nothing if there are none. */
  diagnostics(diagnostics: readonly Diagnostic[]): void
}

const asText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

/** The output of this process; `color` is the value of `--color` or `--no-color`. */
export function processOutput(color: boolean | undefined): Output {
  const look = lookFor(process.stdout, process.env, color)
  const errorLook = lookFor(process.stderr, process.env, color)
  return {
    look,
    errorLook,
    result: (lines) => void process.stdout.write(asText(lines)),
    note: (lines) => void process.stderr.write(asText(lines)),
    diagnostics(diagnostics) {
      if (diagnostics.length === 0) return
      process.stderr.write(renderDiagnostics(diagnostics, errorLook))
    },
  }
}
