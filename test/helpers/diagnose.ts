/** Runs the phases of the compiler on a text as `arcc check` does, up to the first that finds errors. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderDiagnostics } from '../../cli/render/diagnostic.ts'
import { checkOverrides, checkProgram } from '../../compiler/check/check.ts'
import { listExperiments, listVariants, resolveExperiment } from '../../compiler/elaborate/experiment.ts'
import type { Host } from '../../compiler/host/host.ts'
import { loadProgram } from '../../compiler/names/load.ts'
import type { Program } from '../../compiler/names/program.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { parseSetting } from '../../grammar/parser/parser.ts'
import type { SourceFile } from '../../grammar/source.ts'

const stdlibFolder = join(import.meta.dirname, '../../stdlib')
const stdlib = new Map<string, SourceFile>()
for (const file of readdirSync(stdlibFolder))
  if (file.endsWith('.arc')) {
    const text = readFileSync(join(stdlibFolder, file), 'utf8')
    stdlib.set(file.replace(/(\.gen)?\.arc$/, ''), { path: `std/${file}`, text })
  }

/** The package's standard library, and files from a table. */
export function memoryHost(
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Host {
  return {
    readSource: (path) => (files[path] === undefined ? undefined : { path, text: files[path] }),
    readStdlib: (name) => stdlib.get(name),
    stdlibNames: [...stdlib.keys()],
    env: (name) => env[name],
    countDataset: () => undefined,
    machineProfile: () => undefined,
    cpuProfile: () => undefined,
    cpuKernels: () => 'native',
    localMachine: () => ({ gpus: [], nvlink: false, cores: 4, memory: 2 ** 34 }),
  }
}

export interface Diagnosed {
  readonly program: Program
  readonly diagnostics: readonly Diagnostic[]
}

/** Parse, names and types. */
export function checkText(text: string, files: Readonly<Record<string, string>> = {}, path = 'test.arc'): Diagnosed {
  const bag = new DiagnosticBag()
  const program = loadProgram({ path, text }, memoryHost(files), bag)
  if (!bag.hasErrors) checkProgram(program, bag)
  return { program, diagnostics: bag.sorted() }
}

/** Checks a text that may not parse, as an editor does while the user types. Tests only that it terminates. */
export function checkBroken(text: string): void {
  const bag = new DiagnosticBag()
  checkProgram(loadProgram({ path: 'test.arc', text }, memoryHost(), bag), bag)
}

/** Parse, names, types and values: every experiment of the file and every variant is resolved. */
export function diagnoseText(
  text: string,
  files: Readonly<Record<string, string>> = {},
  path = 'test.arc',
): readonly Diagnostic[] {
  const host = memoryHost(files)
  const bag = new DiagnosticBag()
  const program = loadProgram({ path, text }, host, bag)
  if (!bag.hasErrors) checkProgram(program, bag)
  if (!bag.hasErrors)
    for (const { name } of listExperiments(program))
      for (const variant of listVariants(program, name, [], host, bag) ?? [])
        resolveExperiment(program, variant, [], host, bag)
  return bag.sorted()
}

/** The same with `--set` texts. */
export function checkSettings(
  text: string,
  settings: readonly string[],
  host: Host = memoryHost(),
): readonly Diagnostic[] {
  const bag = new DiagnosticBag()
  const entries = settings.flatMap((setting) => parseSetting({ path: '--set', text: setting }, bag) ?? [])
  const program = loadProgram({ path: 'test.arc', text }, host, bag, entries)
  if (!bag.hasErrors) checkOverrides(program, undefined, entries, bag)
  return bag.sorted()
}

export function rendered(diagnostics: readonly Diagnostic[]): string {
  return renderDiagnostics(diagnostics, { color: false, width: 100 })
}
