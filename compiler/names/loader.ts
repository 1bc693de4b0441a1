/** The state of loading. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { parseStdlib } from './parse-module.ts'
import type { Module } from './program.ts'
import type { SourceHost } from './source-host.ts'

export interface Loader {
  readonly host: SourceHost
  readonly bag: DiagnosticBag
  readonly loaded: Map<string, Module>
  /** Modules whose `use`s are being followed, outermost first. */
  readonly stack: string[]
  readonly modules: Module[]
  /** Modules that could not be read completely: names missing from them are not reported again. */
  readonly broken: Set<Module>
}

/** The names that a module of the standard library declares. */
function namesOf(host: SourceHost, module: string): readonly string[] {
  return (parseStdlib(host, module)?.tree.declarations ?? []).flatMap((d) => ('name' in d ? [d.name.text] : []))
}

/** Modules of the standard library that declare a name, as written in a `use`. */
export function stdlibModulesWith(host: SourceHost, name: string): readonly string[] {
  return host.stdlibNames.filter((module) => namesOf(host, module).includes(name)).map((module) => `std.${module}`)
}

/** Every name that the standard library declares. */
export function stdlibNames(host: SourceHost): readonly string[] {
  return host.stdlibNames.flatMap((module) => namesOf(host, module))
}
