/** Parses the standard library for the bundle; the build (`bin/build.mjs`) runs this. */

import { packTree } from '../../grammar/packed-tree.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { parseModule } from './parse-module.ts'
import type { ShippedTree } from './shipped-trees.ts'

/** Trees of modules, by name. A module with a diagnostic is left out: it is parsed, and reported, at every start. */
export function packLibrary(modules: ReadonlyMap<string, SourceFile>): Record<string, ShippedTree> {
  const packed: Record<string, ShippedTree> = {}
  for (const [name, source] of modules) {
    const { tree, diagnostics } = parseModule(source)
    if (diagnostics.length === 0) packed[name] = { text: source.text, tree: packTree(tree) }
  }
  return packed
}
