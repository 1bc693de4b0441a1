/** A program after `resolve`: its modules, and the meaning of each name in them. */
import type { FunctionDecl, LetDecl, ObjectDecl, SourceTree } from '../../grammar/ast.ts'
import type { SourceFile } from '../../grammar/source.ts'

/** The meaning of a top-level name. */
export interface Definition {
  readonly name: string
  readonly decl: FunctionDecl | ObjectDecl | LetDecl
  /** The declaring module; its expressions are evaluated in that module's scope. */
  readonly module: Module
  /** A function that an object of the same name hides: `constant([1, 2])` beside the schedule `constant`. Calls with arguments mean it. */
  readonly hidden?: Definition
}

/** What a call with `count` arguments means by a name: an object without parameters takes none. */
export function calledBy(definition: Definition, count: number): Definition {
  const { decl, hidden } = definition
  return hidden !== undefined && count > 0 && decl.kind === 'Object' && decl.parameters.length === 0
    ? hidden
    : definition
}

export interface Module {
  readonly source: SourceFile
  readonly tree: SourceTree
  /** Own declarations, imported ones and the prelude's. */
  readonly scope: ReadonlyMap<string, Definition>
  /** `nets` of `use ..nets as nets`, whose names are `nets.name` in the scope. */
  readonly prefixes: ReadonlySet<string>
  /** Own declarations only. */
  readonly own: ReadonlyMap<string, Definition>
}

/** An object declaration, such as one in a chain of `extends`, with its module. */
export interface Declared {
  readonly decl: ObjectDecl
  readonly module: Module
}

export interface Program {
  readonly entry: Module
  /** The entry, with the standard library names that its settings (`--set`) use in scope. */
  readonly settings: Module
  /** An empty module in whose scope the defaults of fields are evaluated: the names that need no `use`. */
  readonly library: () => Module
  /** Every module once, imported modules before importing ones. */
  readonly modules: readonly Module[]
  /** Modules of the standard library that declare a name (`std.backbones`), for suggestions; reads them on demand. */
  readonly declaredIn: (name: string) => readonly string[]
  /** All names of the standard library, for suggestions; reads it on demand. */
  readonly libraryNames: () => readonly string[]
}
