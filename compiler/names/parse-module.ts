/** Parses modules; those of the standard library only once per process. */
import type { SourceTree } from '../../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { parseSource } from '../../grammar/parser/parser.ts'
import type { SourceFile } from '../../grammar/source.ts'
import type { SourceHost } from './source-host.ts'

export interface ParsedModule {
  readonly source: SourceFile
  readonly tree: SourceTree
  readonly diagnostics: readonly Diagnostic[]
}

export function parseModule(source: SourceFile): ParsedModule {
  const bag = new DiagnosticBag()
  const tree = parseSource(source, bag)
  return { source, tree, diagnostics: bag.sorted() }
}

const stdlibModules = new Map<string, ParsedModule>()

/** A module of the standard library; `undefined` if there is none of that name. */
export function parseStdlib(host: SourceHost, name: string): ParsedModule | undefined {
  const source = host.readStdlib(name)
  if (source === undefined) return undefined
  const known = stdlibModules.get(name)
  if (known !== undefined && known.source.text === source.text) return known
  const parsed = parseModule(source)
  stdlibModules.set(name, parsed)
  return parsed
}
