/** A program after `resolve`: its modules, and what each name means in each of them. */
import type { FunctionDecl, LetDecl, ObjectDecl, SourceTree } from '../../grammar/ast.ts'
import type { SourceFile } from '../../grammar/source.ts'

/** What a top-level name stands for. */
export interface Definition {
  readonly name: string
  readonly decl: FunctionDecl | ObjectDecl | LetDecl
  /** The module that declares it; its expressions are evaluated in that module's scope. */
  readonly module: Module
}

export interface Module {
  readonly source: SourceFile
  readonly tree: SourceTree
  /** Own declarations, imported ones and the prelude's. */
  readonly scope: ReadonlyMap<string, Definition>
  /** Own declarations only. */
  readonly own: ReadonlyMap<string, Definition>
}

export interface Program {
  readonly entry: Module
  /** The entry with what its settings (`--set`) take from the standard library in scope. */
  readonly settings: Module
  /** An empty module that sees the names which need no `use`: defaults of fields are evaluated in it. */
  readonly library: () => Module
  /** Every module once, imported ones before those that import them. */
  readonly modules: readonly Module[]
  /** Modules of the standard library that declare a name (`std.backbones`), for suggestions; reads them on demand. */
  readonly declaredIn: (name: string) => readonly string[]
  /** All names of the standard library, for suggestions; reads it on demand. */
  readonly libraryNames: () => readonly string[]
}
