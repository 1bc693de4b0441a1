/**
 * Phase "resolve": reads the modules that a file uses and builds the scope of each. Afterwards every top-level name has exactly one
 * meaning in each module; the checker and the evaluator look up names inside expressions.
 */
import type { FieldEntry, FunctionDecl, LetDecl, ObjectDecl, UseDecl } from '../../grammar/ast.ts'
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { SourceFile, Span } from '../../grammar/source.ts'
import { walk } from '../../grammar/visit.ts'
import { joinBases } from './inherit.ts'
import { type Loader, stdlibModulesWith, stdlibNames } from './loader.ts'
import { nameDiagnostic } from './messages.ts'
import { filePath, isOfLibrary, localName, moduleText, normalPath, prefixed } from './module-reference.ts'
import { type ParsedModule, parseModule, parseStdlib } from './parse-module.ts'
import type { Definition, Module, Program } from './program.ts'
import type { SourceHost } from './source-host.ts'
import {
  checkPrefixes,
  reportCircle,
  reportMissingModule,
  reportMissingName,
  reportNoArcFile,
  reportTakenTwice,
} from './use-mistakes.ts'

/** Modules of the standard library whose names need no `use`; each one can use those before it. */
export const implicitModules = [
  'prelude',
  'layers',
  'optimizers',
  'schedules',
  'augmentations',
  'verification',
  'start',
] as const

/** The address of a module: a name in the standard library, such as `backbones`, or a file. */
interface Address {
  readonly key: string
  readonly stdlib: string | undefined
}

/**
 * Reads the entry, all modules that it uses, and the modules of the standard library that `settings` (`--set`) refer to. Errors go to
 * the bag; names that are undefined because of them are not in scope.
 */
export function loadProgram(
  entry: SourceFile,
  host: SourceHost,
  bag: DiagnosticBag,
  settings: readonly FieldEntry[] = [],
): Program {
  const loader: Loader = { host, bag, loaded: new Map(), stack: [], modules: [], broken: new Set() }
  const stdlib = /^std\/(\w+)(?:\.gen)?\.arc$/.exec(entry.path)?.[1]
  const address = stdlib === undefined ? { key: normalPath(entry.path), stdlib } : { key: `std.${stdlib}`, stdlib }
  const module = loadModule(loader, address, parseModule(entry))
  return {
    entry: module,
    settings: settingsModule(loader, module, settings),
    library: libraryModule(loader),
    modules: loader.modules,
    declaredIn: (name) => stdlibModulesWith(host, name),
    libraryNames: () => stdlibNames(host),
  }
}

/**
 * The scope of `--set`: a name that the file neither declares nor imports is looked up in the standard library, so that a setting
 * works for every file. A name that several modules declare must be imported in the file.
 */
function settingsModule(loader: Loader, entry: Module, settings: readonly FieldEntry[]): Module {
  const scope = new Map(entry.scope)
  const take = (name: string, span: Span) => {
    const [path, ...others] = scope.has(name) ? [] : stdlibModulesWith(loader.host, name)
    if (path === undefined) return
    if (others.length > 0) {
      const notes = [`import one of them in ${entry.source.path}: use ${path}: ${name}`]
      loader.bag.add(nameDiagnostic('ARC2014', { name, modules: [path, ...others] }, span, { notes }))
      return
    }
    const found = loadStdlib(loader, path.slice('std.'.length))?.own.get(name)
    if (found !== undefined) scope.set(name, found)
  }
  for (const setting of settings)
    walk(setting.value, (node) => {
      if (node.kind === 'Name') take(node.name, node.span)
      return true
    })
  return { ...entry, scope }
}

/** Created on first access. By then the modules that it can use are loaded, unless the entry is itself one of them. */
function libraryModule(loader: Loader): () => Module {
  let made: Module | undefined
  return () => {
    made ??= loadModule(
      loader,
      { key: 'defaults', stdlib: undefined },
      parseModule({ path: 'std/defaults.arc', text: '' }),
    )
    return made
  }
}

function loadModule(loader: Loader, address: Address, parsed: ParsedModule): Module {
  const own = new Map<string, Definition>()
  const scope = new Map<string, Definition>()
  const uses = parsed.tree.declarations.filter((declaration) => declaration.kind === 'Use')
  const prefixes = new Set(uses.flatMap(({ prefix }) => prefix?.text ?? []))
  const module: Module = { source: parsed.source, tree: parsed.tree, scope, own, prefixes }
  for (const diagnostic of parsed.diagnostics) loader.bag.add(diagnostic)
  if (parsed.diagnostics.some((d) => d.severity === 'error')) loader.broken.add(module)
  for (const declaration of parsed.tree.declarations)
    if (declaration.kind !== 'Use' && declaration.kind !== 'Test') declare(loader, own, module, declaration)
  loader.stack.push(address.key)
  for (const name of implicitFor(address)) {
    const implicit = loadStdlib(loader, name)
    for (const symbol of implicit?.own.values() ?? []) {
      const before = scope.get(symbol.name)
      scope.set(symbol.name, before?.decl.kind === 'Function' ? { ...symbol, hidden: before } : symbol)
    }
  }
  const explicit = new Map<string, { symbol: Definition; use: UseDecl }>()
  const wholes = new Map<string, Definition>()
  const isRead = (use: UseDecl) => !parsed.diagnostics.some((d) => touches(d.span, use.span))
  for (const use of uses) if (isRead(use)) follow(loader, module, scope, { explicit, wholes }, use)
  // Other modules warn when they are the entry themselves.
  if (address.stdlib === undefined && loader.stack.length === 1) noteHidden(loader, module)
  checkPrefixes(loader, module)
  for (const symbol of own.values()) scope.set(symbol.name, symbol)
  joinBases(module, own, scope)
  loader.stack.pop()
  loader.loaded.set(address.key, module)
  loader.modules.push(module)
  return module
}

/** Whether a parse error is in a `use` or directly after it: its names are then unreliable. */
function touches(mistake: Span, use: Span): boolean {
  return mistake.start <= use.end + 1 && mistake.end >= use.start
}

function implicitFor({ stdlib }: Address): readonly string[] {
  const at = implicitModules.findIndex((name) => name === stdlib)
  return at < 0 ? implicitModules : implicitModules.slice(0, at)
}

function declare(
  loader: Loader,
  own: Map<string, Definition>,
  module: Module,
  decl: FunctionDecl | ObjectDecl | LetDecl,
): void {
  const name = decl.name.text
  const first = own.get(name)
  if (first === undefined) {
    own.set(name, { name, decl, module })
    return
  }
  const related = [{ span: first.decl.name.span, message: 'first declared here' }]
  loader.bag.add(nameDiagnostic('ARC2003', { name }, decl.name.span, { label: 'declared again', related }))
}

function loadStdlib(loader: Loader, name: string): Module | undefined {
  const key = `std.${name}`
  const known = loader.loaded.get(key)
  if (known !== undefined) return known
  if (loader.stack.includes(key)) return undefined
  const parsed = parseStdlib(loader.host, name)
  return parsed === undefined ? undefined : loadModule(loader, { key, stdlib: name }, parsed)
}

/** What the `use`s of a module have brought so far. */
interface Imported {
  /** Listed names. */
  readonly explicit: Map<string, { symbol: Definition; use: UseDecl }>
  /** Names of whole modules. */
  readonly wholes: Map<string, Definition>
}

function follow(
  loader: Loader,
  module: Module,
  scope: Map<string, Definition>,
  { explicit, wholes }: Imported,
  use: UseDecl,
): void {
  const used = usedModule(loader, module, use)
  if (used === undefined) return
  const written = moduleText(use)
  if (use.prefix !== undefined) {
    for (const symbol of used.own.values()) scope.set(prefixed(use.prefix, symbol.name), { ...symbol })
    return
  }
  if (use.names === undefined) {
    if (!module.source.path.startsWith('std/')) noteDoubled(loader, wholes, used, use, module.own)
    for (const symbol of used.own.values()) if (!explicit.has(symbol.name)) scope.set(symbol.name, symbol)
    return
  }
  for (const name of use.names) {
    const symbol = used.own.get(name.name.text)
    if (symbol === undefined) {
      if (!loader.broken.has(used)) reportMissingName(loader, used, written, name.name.text, use, name.name.span)
      continue
    }
    const local = localName(name)
    const { text, span } = local
    const before = explicit.get(text)
    const mine = module.own.get(text)
    if (mine !== undefined) {
      const related = [{ span, message: `also imported from \`${written}\` here` }]
      const notes = [`\`use ${written}: ${text} as other\` gives the imported one another name`]
      const params = { name: text, module: written }
      loader.bag.add(nameDiagnostic('ARC2004', params, mine.decl.name.span, { related, notes }))
    } else if (before !== undefined) reportTakenTwice(loader, before, symbol, use, local)
    else explicit.set(text, { symbol, use })
    // A copy, so that only this module's own uses of the name count as such.
    if (before === undefined) scope.set(text, { ...symbol })
  }
}

function usedModule(loader: Loader, importer: Module, use: UseDecl): Module | undefined {
  if (isOfLibrary(use)) {
    const name = use.path
      .slice(1)
      .map((part) => part.text)
      .join('.')
    const key = `std.${name}`
    if (loader.stack.includes(key)) return reportCircle(loader, key, use)
    return loadStdlib(loader, name) ?? reportMissingModule(loader, importer.source, use, key)
  }
  const path = filePath(importer.source, use)
  if (!path.endsWith('.arc')) return reportNoArcFile(loader, use)
  const known = loader.loaded.get(path)
  if (known !== undefined) return known
  if (loader.stack.includes(path)) return reportCircle(loader, path, use)
  const source = importer.source.path.startsWith('std/') ? undefined : loader.host.readSource(path)
  if (source === undefined) return reportMissingModule(loader, importer.source, use, path)
  return loadModule(loader, { key: path, stdlib: undefined }, parseModule(source))
}

/** The module of a definition as text: `std.margins`, `parts/nets.arc`. */
function homeOf({ module }: Definition): string {
  return module.source.path.replace(/^std\/(.*?)(?:\.gen)?\.arc$/, 'std.$1')
}

/** Warns if two `use`s of whole modules bring the same name: the second one counts. `wholes` are the names of earlier ones. */
function noteDoubled(
  loader: Loader,
  wholes: Map<string, Definition>,
  used: Module,
  use: UseDecl,
  own: Module['own'],
): void {
  const doubled = [...used.own.values()].find(({ name, decl }) => {
    const before = wholes.get(name)
    return before !== undefined && before.decl !== decl && !own.has(name)
  })
  const before = doubled && wholes.get(doubled.name)
  if (doubled !== undefined && before !== undefined) {
    const params = { name: doubled.name, first: homeOf(before), second: homeOf(doubled) }
    const notes = ['the second one counts; to have the first, list the names: `use module: name`']
    loader.bag.add(nameDiagnostic('ARC2085', params, use.span, { notes }))
  }
  for (const symbol of used.own.values()) wholes.set(symbol.name, symbol)
}

/** Warns of declarations that hide a name of the library, or of a module that is used as a whole. */
function noteHidden(loader: Loader, { own, scope, tree, source }: Module): void {
  const uses = tree.declarations.filter((declaration) => declaration.kind === 'Use')
  const listed = new Set(uses.flatMap((use) => use.names ?? []).map((name) => localName(name).text))
  for (const { name, decl } of own.values()) {
    const hidden = scope.get(name)
    // A listed name is declared twice, which is an error; the library's own files are compiled as a user's by `arcc test`.
    if (hidden === undefined || listed.has(name) || hidden.module.source.text === source.text) continue
    const related = [{ span: hidden.decl.name.span, message: 'the hidden one' }]
    loader.bag.add(nameDiagnostic('ARC2086', { name, module: homeOf(hidden) }, decl.name.span, { related }))
  }
}
