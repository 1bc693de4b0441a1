/** `arcc check`: everything that can be known without building the graphs of a run. */
import { compileExperiment, compileVariants } from '../../compiler/driver.ts'
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

/** Checks a file and elaborates each of its experiments; one that several experiments share is reported once. */
function checkFile(file: string, set: readonly string[], host: Host): Checked {
  const entry = openEntry(host, file)
  const overrides = overrideSources(set)
  const { program, diagnostics } = compileExperiment({ entry, until: 'parse' }, host)
  if (program === undefined || diagnostics.some(isError)) return { file, diagnostics, experiments: 0 }
  const names = experimentNames(program)
  const bag = new DiagnosticBag()
  const requests = names.length === 0 ? [undefined] : names
  for (const experiment of requests) {
    const until = experiment === undefined ? 'check' : 'elaborate'
    for (const { diagnostics: found } of compileVariants({ entry, experiment, overrides, until }, host))
      for (const diagnostic of found) bag.add(diagnostic)
  }
  return { file, diagnostics: bag.sorted(), experiments: names.length }
}

/** Exit code 1 where any file has an error. */
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
