/** `arcc check`: reports every error that can be found without building the graphs of a run. */
import { compileFile } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { experimentNames, openEntry, overrideSources } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { countDiagnostics, diagnosticToJson } from '../render/diagnostic.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { describeFailure } from '../render/failure.ts'
import { failureToJson } from '../render/failure-json.ts'
import { formatSeconds, plural } from '../render/format.ts'
import { type Output, processOutput } from '../render/output.ts'
import type { CheckOptions } from './options.ts'

interface Checked {
  readonly file: string
  readonly diagnostics: readonly Diagnostic[]
  readonly experiments: number
  /** What kept the file, or one that it uses, from being read. */
  readonly failure: { readonly error: unknown } | undefined
}

const isError = (diagnostic: Diagnostic) => diagnostic.severity === 'error'

/** Checks a file and elaborates each of its experiments; diagnostics that several of them share are reported once. */
function checkFile(file: string, set: readonly string[], host: Host): Checked {
  const bag = new DiagnosticBag()
  let experiments = 0
  try {
    const request = { entry: openEntry(host, file), overrides: overrideSources(set), until: 'elaborate' } as const
    for (const { program, diagnostics } of compileFile(request, host)) {
      for (const diagnostic of diagnostics) bag.add(diagnostic)
      experiments = program === undefined ? 0 : experimentNames(program).length
    }
  } catch (error) {
    return { file, diagnostics: bag.sorted(), experiments, failure: { error } }
  }
  return { file, diagnostics: bag.sorted(), experiments, failure: undefined }
}

function printJson(files: readonly Checked[], output: Output): void {
  const diagnostics = files.flatMap(({ file, diagnostics: own, failure }) => [
    ...own.map(diagnosticToJson),
    ...(failure === undefined ? [] : [failureToJson(failure.error, file)]),
  ])
  output.result([JSON.stringify({ diagnostics }, undefined, 2)])
}

function printText(files: readonly Checked[], output: Output): void {
  output.diagnostics(files.flatMap((checked) => checked.diagnostics))
  for (const { file, diagnostics, experiments, failure } of files) {
    const { palette } = output.look
    if (failure !== undefined) {
      output.note(describeFailure(failure.error, output.errorLook.palette, process.env.ARCC_DEBUG === '1').lines)
      output.result([`${palette.error('failed')}  ${file}  not checked`])
      continue
    }
    const verdict = diagnostics.some(isError) ? palette.error('failed') : palette.good('ok')
    const facts = diagnostics.length > 0 ? countDiagnostics(diagnostics) : plural(experiments, 'experiment')
    output.result([`${verdict}  ${file}  ${facts}`])
  }
}

/** Returns exit code 1 if any file has an error or cannot be read; that of the failure if the computer or arcc is at fault. */
export async function check(options: CheckOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  const began = performance.now()
  const files = options.files.map((file) => checkFile(file, options.set, host))
  const seconds = (performance.now() - began) / 1000
  if (options.format === 'json') printJson(files, output)
  else {
    printText(files, output)
    output.note([output.errorLook.palette.quiet(`checked in ${formatSeconds(seconds)}`)])
  }
  const { palette } = output.errorLook
  const failures = files.flatMap(({ failure }) =>
    failure === undefined ? [] : [describeFailure(failure.error, palette, false).exitCode],
  )
  const failed = failures.length > 0 || files.some(({ diagnostics }) => diagnostics.some(isError))
  return failures.find((code) => code !== exitCode.user) ?? (failed ? exitCode.user : exitCode.ok)
}
