/** Parses modules; those of the standard library only once per process, or not at all if the build has parsed the same text. */
import type { SourceTree } from '../../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { unpackTree } from '../../grammar/packed-tree.ts'
import { parseSource } from '../../grammar/parser/parser.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { shippedTrees } from './shipped-trees.ts'
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

/** A module of the standard library from the trees of the build, if they have exactly its text; else parsed. */
export function readShipped(name: string, source: SourceFile, trees = shippedTrees): ParsedModule {
  const shipped = trees[name]
  if (shipped?.text !== source.text) return parseModule(source)
  return { source, tree: unpackTree(shipped.tree, source), diagnostics: [] }
}

const stdlibModules = new Map<string, ParsedModule>()

/** A module of the standard library; `undefined` if there is none of that name. */
export function parseStdlib(host: SourceHost, name: string): ParsedModule | undefined {
  const source = host.readStdlib(name)
  if (source === undefined) return undefined
  const known = stdlibModules.get(name)
  if (known !== undefined && known.source.text === source.text) return known
  const parsed = readShipped(name, source)
  stdlibModules.set(name, parsed)
  return parsed
}
