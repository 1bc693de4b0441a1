/** The checker's state and scopes. `infer` and `check` are members, so that the files of this folder need not import each other. */
import type { Expr, FunctionDecl, LetDecl, ObjectDecl } from '../../grammar/ast.ts'
import type { Diagnostic, DiagnosticBag, Related } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import type { Definition, Module, Program } from '../names/program.ts'
import type { Type } from '../types/type.ts'

export type Decl = FunctionDecl | LetDecl | ObjectDecl

/** What a place takes, and how it is told when the value does not fit. */
export interface Expected {
  readonly type: Type
  /** `` `train.batch` ``; empty where the place has no name. */
  readonly what: string
  /** What joins the place and its type; `takes` where nothing is said. */
  readonly verb?: 'takes' | 'must be'
  /** Where the type comes from. */
  readonly origin?: Related
  /** A fact about the place: the field's documentation. */
  readonly note?: string
}

/** A local name. */
export interface Binding {
  readonly name: string
  readonly type: Type
  readonly span: Span
  /** Only `let`s are reported when nothing uses them. */
  readonly kind: 'let' | 'parameter' | 'loop' | 'state'
}

export interface Scope {
  readonly module: Module
  readonly parent: Scope | undefined
  readonly bindings: Map<string, Binding>
  /** The top-level declaration that the expression stands in; experiments and tests have none. */
  readonly owner: Decl | undefined
}

export interface Checker {
  readonly program: Program
  readonly bag: DiagnosticBag
  /** Symbols and bindings that something refers to. */
  readonly used: Set<Definition | Binding>
  /** Names of modules that were reported as unknown: the first place speaks for the others. */
  readonly unknownNames: Set<string>
  /** Warnings wait for the end: they are only worth reading where there are no errors. */
  readonly warnings: Diagnostic[]
  readonly lets: Map<LetDecl, Type>
  readonly results: Map<FunctionDecl, Type>
  /** What is being inferred, to notice definitions in circles. */
  readonly open: Set<Decl>
  readonly modules: ReadonlyMap<Decl, Module>
  /** Which declarations each refers to, and where first. */
  readonly references: Map<Decl, Map<Decl, Span>>
  /** The type of an expression; `hint` is what its place takes, for the names of enums. */
  infer(expr: Expr, scope: Scope, hint?: Type): Type
  /** The same, and reports when it does not fit; the result is then the expected type. */
  check(expr: Expr, scope: Scope, expected: Expected): Type
}

/** Whether a text belongs to the standard library; it is checked by its own test, not on every run. */
export function isStdlib(module: Module): boolean {
  return module.source.path.startsWith('std/')
}

/** Adds a diagnostic, unless it is about the standard library while something else is being checked. */
export function report(checker: Checker, diagnostic: Diagnostic): void {
  const { source } = diagnostic.span
  const foreign = source.path.startsWith('std/') && source !== checker.program.entry.source
  if (foreign) return
  if (diagnostic.severity === 'warning') checker.warnings.push(diagnostic)
  else checker.bag.add(diagnostic)
}

export function moduleScope(module: Module, owner: Decl | undefined): Scope {
  return { module, parent: undefined, bindings: new Map(), owner }
}

export function innerScope(parent: Scope): Scope {
  return { module: parent.module, parent, bindings: new Map(), owner: parent.owner }
}

export function bind(scope: Scope, name: string, type: Type, span: Span, kind: Binding['kind']): Binding {
  const binding = { name, type, span, kind }
  scope.bindings.set(name, binding)
  return binding
}

/** The innermost local of a name that satisfies `accepts`. */
export function findLocal(scope: Scope, name: string, accepts: (binding: Binding) => boolean): Binding | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const binding = at.bindings.get(name)
    if (binding !== undefined && accepts(binding)) return binding
  }
  return undefined
}

/** Every name that is visible, innermost first. */
export function visibleNames(scope: Scope): readonly string[] {
  const names: string[] = []
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) names.push(...at.bindings.keys())
  return [...new Set([...names, ...scope.module.scope.keys()])]
}
