/** Parsing in tests: the tree, and diagnostics as short lines. */
import type { SourceTree } from '../../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { parseSource } from '../../grammar/parser/parser.ts'

export interface Parsed {
  readonly tree: SourceTree
  readonly diagnostics: readonly Diagnostic[]
}

export function parse(text: string, path = 'test.arc'): Parsed {
  const bag = new DiagnosticBag()
  const tree = parseSource({ path, text }, bag)
  return { tree, diagnostics: bag.sorted() }
}

/** The text after all fixes. */
export function applyFixes(text: string, diagnostics: readonly Diagnostic[]): string {
  const fixes = diagnostics.flatMap((d) => (d.fix === undefined ? [] : [d.fix]))
  return fixes
    .toSorted((a, b) => b.span.start - a.span.start || b.span.end - a.span.end)
    .reduce((fixed, { span, replacement }) => fixed.slice(0, span.start) + replacement + fixed.slice(span.end), text)
}
