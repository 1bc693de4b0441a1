/** The checker's state and scopes. `infer` and `check` are members, so the files of this folder need not import each other. */
import type { Expr, FunctionDecl, Ident, LetDecl, MethodEntry, ObjectDecl } from '../../grammar/ast.ts'
import type { Diagnostic, DiagnosticBag, Related } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import type { Definition, Module, Program } from '../names/program.ts'
import type { MethodSpec } from '../schema/methods.ts'
import type { Type } from '../types/type.ts'

export type Decl = FunctionDecl | LetDecl | ObjectDecl

/** The type that a place accepts, and how a mismatch is reported. */
export interface Expected {
  readonly type: Type
  /** `` `train.batch` ``; empty if the place has no name. */
  readonly what: string
  /** The verb between the place and its type; defaults to `takes`. */
  readonly verb?: 'takes' | 'must be'
  /** Where the type comes from. */
  readonly origin?: Related
  /** A list of several elements that the place takes, as text. */
  readonly like?: string
  /** A fact about the place: the field's documentation. */
  readonly note?: string
}

/** A local name. */
export interface Binding {
  readonly name: string
  readonly type: Type
  readonly span: Span
  /** Of these, `let`s and parameters are reported if unused. */
  readonly kind: 'let' | 'parameter' | 'loop' | 'carry' | 'state' | 'field'
}

export interface Scope {
  readonly module: Module
  readonly parent: Scope | undefined
  readonly bindings: Map<string, Binding>
  /** The enclosing top-level declaration; none for experiments and tests. */
  readonly owner: Decl | undefined
  /** The enclosing method. */
  readonly method:
    | { readonly decl: ObjectDecl; readonly entry: MethodEntry; readonly reads: MethodSpec['reads'] }
    | undefined
}

export interface Checker {
  readonly program: Program
  readonly bag: DiagnosticBag
  /** Symbols and bindings that are referenced. */
  readonly used: Set<Definition | Binding>
  /** Places of the parameters that are referenced: a signature binds them anew for each use. */
  readonly usedParameters: Set<Span>
  /** Places of the parameters that another local name hides, each with the place of that name. */
  readonly hiddenParameters: Map<Span, Span>
  /** Names of modules reported as unknown: only the first occurrence is reported. */
  readonly unknownNames: Set<string>
  /** Warnings are held back until the end: they are only useful if there are no errors. */
  readonly warnings: Diagnostic[]
  /** The names of objects that extend something unknown: what they read may come from there. */
  readonly baseless: Set<Ident>
  readonly lets: Map<LetDecl, Type>
  readonly results: Map<FunctionDecl, Type>
  /** Declarations being inferred, to detect circular definitions. */
  readonly open: Set<Decl>
  readonly modules: ReadonlyMap<Decl, Module>
  /** The declarations that each one refers to, with the first reference. */
  readonly references: Map<Decl, Map<Decl, Span>>
  /** A checker of the same program that reports nothing: for expressions that are checked in their own place. */
  silent(): Checker
  /** A checker of the same program with a bag of its own. */
  apart(): Checker
  /** This checker with another bag, to look at what an expression has before it is reported. */
  into(bag: DiagnosticBag): Checker
  /** The type of an expression; `hint` is the type its place accepts, for enum names. */
  infer(expr: Expr, scope: Scope, hint?: Type): Type
  /** Like `infer`, and reports a mismatch; the result is then the expected type. */
  check(expr: Expr, scope: Scope, expected: Expected): Type
}

/** Whether a module belongs to the standard library, which is checked by its own test, not on every run. */
export function isStdlib(module: Module): boolean {
  return module.source.path.startsWith('std/')
}

/** Adds a diagnostic, unless it is in the standard library while another module is being checked. */
export function report(checker: Checker, diagnostic: Diagnostic): void {
  const { source } = diagnostic.span
  const foreign = source.path.startsWith('std/') && source !== checker.program.entry.source
  if (foreign) return
  if (diagnostic.severity === 'warning') checker.warnings.push(diagnostic)
  else checker.bag.add(diagnostic)
}

export function moduleScope(module: Module, owner: Decl | undefined): Scope {
  return { module, parent: undefined, bindings: new Map(), owner, method: undefined }
}

export function innerScope(parent: Scope): Scope {
  return { module: parent.module, parent, bindings: new Map(), owner: parent.owner, method: parent.method }
}

export function bind(scope: Scope, name: string, type: Type, span: Span, kind: Binding['kind']): Binding {
  const binding = { name, type, span, kind }
  scope.bindings.set(name, binding)
  return binding
}

/** Binds a name whose type is found when it is first used. */
export function bindLater(scope: Scope, name: string, typeOf: () => Type, span: Span, kind: Binding['kind']): void {
  let type: Type | undefined
  scope.bindings.set(name, {
    name,
    get type() {
      type ??= typeOf()
      return type
    },
    span,
    kind,
  })
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
