/** `arcc test`: runs the `test "…" { assert … }` declarations of files and folders. */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { compileExperiment } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import { type LanguageTestResult, runLanguageTests } from '../../compiler/language-tests.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { openEntry } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { usageErrors } from '../host/messages.ts'
import { stdlibFolder } from '../host/package-folder.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { plural } from '../render/format.ts'
import { processOutput } from '../render/output.ts'
import type { TestOptions } from './options.ts'

/** The files of a path: itself, or the handwritten `.arc` files of a folder. */
function filesOf(path: string): readonly string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path]
  const files = readdirSync(path)
    .filter((name) => name.endsWith('.arc') && !name.endsWith('.gen.arc'))
    .sort()
  if (files.length === 0) throw usageErrors('ARC6603', { folder: path })
  return files.map((name) => join(path, name))
}

/** Opens a file. A standard library module is opened as such, so that its scope is the same as when it is imported. */
function open(host: Host, file: string): SourceFile {
  const module = dirname(resolve(file)) === resolve(stdlibFolder) ? basename(file, '.arc') : undefined
  return (module === undefined ? undefined : host.readStdlib(module)) ?? openEntry(host, file)
}

/** Runs the tests of a file; errors outside of tests are returned separately. */
function testFile(
  host: Host,
  file: string,
): { results: readonly LanguageTestResult[]; mistakes: readonly Diagnostic[] } {
  const { program, diagnostics } = compileExperiment({ entry: open(host, file), until: 'check' }, host)
  const mistakes = diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
  if (program === undefined || mistakes.length > 0) return { results: [], mistakes }
  return { results: runLanguageTests(program, host), mistakes: [] }
}

/** Returns exit code 1 if a test fails or a file has an error. */
export async function test(options: TestOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { palette } = output.look
  const host = fileHost()
  let failed = 0
  let passed = 0
  for (const file of options.paths.flatMap(filesOf)) {
    const { results, mistakes } = testFile(host, file)
    output.diagnostics([...mistakes, ...results.flatMap((result) => result.diagnostics)])
    const wrong = results.filter((result) => result.diagnostics.length > 0)
    failed += wrong.length + (mistakes.length > 0 ? 1 : 0)
    passed += results.length - wrong.length
    for (const result of wrong) output.result([`${palette.error('failed')}  ${file}  ${result.title}`])
    if (wrong.length === 0 && mistakes.length === 0)
      output.result([`${palette.good('ok')}  ${file}  ${plural(results.length, 'test')}`])
  }
  output.result([`${passed} passed, ${failed} failed`])
  return failed > 0 ? exitCode.user : exitCode.ok
}
