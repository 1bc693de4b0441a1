import type { Ident, LetDecl } from './ast.ts'
import type { Span } from './source.ts'

/** What stands for a declaration with a reported mistake: its name is known, and nothing else is reported about it. */
export function brokenDeclaration(name: Ident, span: Span): LetDecl {
  return { kind: 'Let', doc: undefined, name, type: undefined, value: { kind: 'Error', span: name.span }, span }
}
