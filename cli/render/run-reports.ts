/** What `arcc run` reports of a file before anything runs: as text, and with `--json` also as lines of JSON. */
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { stampedLine } from '../../runtime/logs/event-line.ts'
import { diagnosticToJson, type JsonDiagnostic } from './diagnostic.ts'
import { failureToJson } from './failure-json.ts'
import type { Output } from './output.ts'

export interface RunReports {
  report(diagnostics: readonly Diagnostic[]): void
  /** Keeps lines of JSON complete for an error that is thrown; its text is that of all commands. `path` is what the run was asked for. */
  failure(error: unknown, path: string): void
}

function line(diagnostic: JsonDiagnostic): string {
  return stampedLine({ type: 'diagnostic', ...diagnostic }, Date.now())
}

export function runReports(output: Output, isJson: boolean): RunReports {
  return {
    report(diagnostics) {
      output.diagnostics(diagnostics)
      if (isJson) output.result(diagnostics.map((diagnostic) => line(diagnosticToJson(diagnostic))))
    },
    failure(error, path) {
      if (isJson) output.result([line(failureToJson(error, path))])
    },
  }
}
