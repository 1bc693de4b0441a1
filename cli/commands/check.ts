/** `arcc check`: reports every error that can be found without building the graphs of a run. */
import { compileFile } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { experimentNames, openEntry, overrideSources } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { countDiagnostics, diagnosticToJson } from '../render/diagnostic.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { formatSeconds, plural } from '../render/format.ts'
import { processOutput } from '../render/output.ts'
import type { CheckOptions } from './options.ts'

interface Checked {
  readonly file: string
  readonly diagnostics: readonly Diagnostic[]
  readonly experiments: number
}

const isError = (diagnostic: Diagnostic) => diagnostic.severity === 'error'

/** Checks a file and elaborates each of its experiments; diagnostics that several of them share are reported once. */
function checkFile(file: string, set: readonly string[], host: Host): Checked {
  const request = { entry: openEntry(host, file), overrides: overrideSources(set), until: 'elaborate' } as const
  const bag = new DiagnosticBag()
  let experiments = 0
  for (const { program, diagnostics } of compileFile(request, host)) {
    for (const diagnostic of diagnostics) bag.add(diagnostic)
    experiments = program === undefined ? 0 : experimentNames(program).length
  }
  return { file, diagnostics: bag.sorted(), experiments }
}

/** Returns exit code 1 if any file has an error. */
export async function check(options: CheckOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  const began = performance.now()
  const files = options.files.map((file) => checkFile(file, options.set, host))
  const diagnostics = files.flatMap((checked) => checked.diagnostics)
  const seconds = (performance.now() - began) / 1000
  if (options.format === 'json') {
    output.result([JSON.stringify({ diagnostics: diagnostics.map(diagnosticToJson) }, undefined, 2)])
  } else {
    output.diagnostics(diagnostics)
    for (const { file, diagnostics: own, experiments } of files) {
      const { palette } = output.look
      const verdict = own.some(isError) ? palette.error('failed') : palette.good('ok')
      const facts = own.length > 0 ? countDiagnostics(own) : plural(experiments, 'experiment')
      output.result([`${verdict}  ${file}  ${facts}`])
    }
    output.note([output.errorLook.palette.quiet(`checked in ${formatSeconds(seconds)}`)])
  }
  return diagnostics.some(isError) ? exitCode.user : exitCode.ok
}
