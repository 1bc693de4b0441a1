/**
 * Phase "resolve": reads the modules that a file uses and gives each its scope. Afterwards every top-level name has exactly one
 * meaning in each module; names inside of expressions are looked up by the checker and the evaluator.
 */
import type { FunctionDecl, LetDecl, ObjectDecl, UseDecl } from '../../grammar/ast.ts'
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { joinSpans, type SourceFile, type Span } from '../../grammar/source.ts'
import { nearest } from '../../grammar/suggest.ts'
import type { Host } from '../host.ts'
import { nameDiagnostic } from './messages.ts'
import { type ParsedModule, parseModule, parseStdlib } from './parse-module.ts'
import type { Definition, Module, Program } from './program.ts'

/** Modules of the standard library whose names need no `use`; each sees those before it. */
export const implicitModules = ['prelude', 'layers', 'optimizers', 'schedules'] as const

interface Loader {
  readonly host: Host
  readonly bag: DiagnosticBag
  readonly loaded: Map<string, Module>
  /** Modules whose `use`s are being followed, outermost first. */
  readonly stack: string[]
  readonly modules: Module[]
  /** Modules that could not be read whole: a name missing from them is not reported again. */
  readonly broken: Set<Module>
}

/** What a module may be found as: `backbones` of the standard library, or a file. */
interface Address {
  readonly key: string
  readonly stdlib: string | undefined
}

/** Reads the entry and all that it uses; mistakes go to the bag, and what they leave undefined is simply not in scope. */
export function loadProgram(entry: SourceFile, host: Host, bag: DiagnosticBag): Program {
  const loader: Loader = { host, bag, loaded: new Map(), stack: [], modules: [], broken: new Set() }
  const stdlib = /^std\/(\w+)(?:\.gen)?\.arc$/.exec(entry.path)?.[1]
  const address = stdlib === undefined ? { key: entry.path, stdlib } : { key: `std.${stdlib}`, stdlib }
  const module = loadModule(loader, address, parseModule(entry))
  return { entry: module, modules: loader.modules, declaredIn: (name) => stdlibModulesWith(host, name) }
}

function stdlibModulesWith(host: Host, name: string): readonly string[] {
  const found: string[] = []
  for (const module of host.stdlibNames) {
    const parsed = parseStdlib(host, module)
    if (parsed?.tree.declarations.some((d) => 'name' in d && d.name.text === name)) found.push(`std.${module}`)
  }
  return found
}

function loadModule(loader: Loader, address: Address, parsed: ParsedModule): Module {
  const own = new Map<string, Definition>()
  const scope = new Map<string, Definition>()
  const module: Module = { source: parsed.source, tree: parsed.tree, scope, own }
  for (const diagnostic of parsed.diagnostics) loader.bag.add(diagnostic)
  if (parsed.diagnostics.some((d) => d.severity === 'error')) loader.broken.add(module)
  for (const declaration of parsed.tree.declarations)
    if (declaration.kind !== 'Use' && declaration.kind !== 'Test') declare(loader, own, module, declaration)
  loader.stack.push(address.key)
  for (const name of implicitFor(address)) {
    const implicit = loadStdlib(loader, name)
    if (implicit !== undefined) for (const symbol of implicit.own.values()) scope.set(symbol.name, symbol)
  }
  const explicit = new Map<string, { symbol: Definition; use: UseDecl }>()
  const isRead = (use: UseDecl) => !parsed.diagnostics.some((d) => touches(d.span, use.span))
  for (const declaration of parsed.tree.declarations)
    if (declaration.kind === 'Use' && isRead(declaration)) follow(loader, module, scope, explicit, declaration)
  for (const symbol of own.values()) scope.set(symbol.name, symbol)
  loader.stack.pop()
  loader.loaded.set(address.key, module)
  loader.modules.push(module)
  return module
}

/** Whether a mistake of the parser lies in a `use` or right behind it: then its names are not to be trusted. */
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

/** `a/b.arc` and `util.faces` give `a/util/faces.arc`. */
function filePath(importer: SourceFile, segments: readonly string[]): string {
  const folder = importer.path.includes('/') ? importer.path.slice(0, importer.path.lastIndexOf('/') + 1) : ''
  return `${folder}${segments.join('/')}.arc`
}

function follow(
  loader: Loader,
  module: Module,
  scope: Map<string, Definition>,
  explicit: Map<string, { symbol: Definition; use: UseDecl }>,
  use: UseDecl,
): void {
  const used = usedModule(loader, module, use)
  if (used === undefined) return
  const written = use.path.map((part) => part.text).join('.')
  if (use.names === undefined) {
    for (const symbol of used.own.values()) if (!explicit.has(symbol.name)) scope.set(symbol.name, symbol)
    return
  }
  for (const name of use.names) {
    const symbol = used.own.get(name.text)
    if (symbol === undefined) {
      if (!loader.broken.has(used)) reportMissingName(loader, used, written, name.text, use, name.span)
      continue
    }
    const before = explicit.get(name.text)
    const mine = module.own.get(name.text)
    if (mine !== undefined) {
      const related = [{ span: name.span, message: `also taken from \`${written}\` here` }]
      loader.bag.add(nameDiagnostic('ARC2004', { name: name.text, module: written }, mine.decl.name.span, { related }))
    } else if (before !== undefined) reportTakenTwice(loader, before, symbol, use, name.span)
    else explicit.set(name.text, { symbol, use })
    if (before === undefined) scope.set(name.text, symbol)
  }
}

function reportTakenTwice(
  loader: Loader,
  before: { symbol: Definition; use: UseDecl },
  symbol: Definition,
  use: UseDecl,
  span: Span,
): void {
  const show = (decl: UseDecl) => decl.path.map((part) => part.text).join('.')
  const earlier = before.use.names?.find((ident) => ident.text === symbol.name) ?? before.use
  const related = [{ span: earlier.span, message: 'first taken here' }]
  if (before.symbol === symbol) loader.bag.add(nameDiagnostic('ARC2003', { name: symbol.name }, span, { related }))
  else {
    const params = { name: symbol.name, first: show(before.use), second: show(use) }
    loader.bag.add(nameDiagnostic('ARC2008', params, span, { related }))
  }
}

function usedModule(loader: Loader, importer: Module, use: UseDecl): Module | undefined {
  const [root, ...rest] = use.path
  if (root === undefined) return undefined
  if (root.text === 'std') {
    const name = rest.map((part) => part.text).join('.')
    const key = `std.${name}`
    if (loader.stack.includes(key)) return reportCircle(loader, key, use)
    return loadStdlib(loader, name) ?? reportMissingModule(loader, use, key)
  }
  const path = filePath(
    importer.source,
    use.path.map((part) => part.text),
  )
  const known = loader.loaded.get(path)
  if (known !== undefined) return known
  if (loader.stack.includes(path)) return reportCircle(loader, path, use)
  const source = importer.source.path.startsWith('std/') ? undefined : loader.host.readSource(path)
  if (source === undefined) return reportMissingModule(loader, use, path)
  return loadModule(loader, { key: path, stdlib: undefined }, parseModule(source))
}

function pathSpan(use: UseDecl): Span {
  const first = use.path[0]?.span ?? use.span
  return joinSpans(first, use.path.at(-1)?.span ?? first)
}

function reportCircle(loader: Loader, key: string, use: UseDecl): undefined {
  const chain = [...loader.stack.slice(loader.stack.indexOf(key)), key]
  loader.bag.add(nameDiagnostic('ARC2005', { chain }, pathSpan(use), { label: 'closes the circle' }))
}

/** `use backbones`, `use std.backbone`, `use std` and a file that is not there, each with what was probably meant. */
function reportMissingModule(loader: Loader, use: UseDecl, sought: string): undefined {
  const span = pathSpan(use)
  const written = use.path.map((part) => part.text).join('.')
  const tail = use.path.at(-1)?.text ?? ''
  const names = loader.host.stdlibNames.filter((name) => name !== 'prelude')
  const meant = names.find((name) => name === tail) ?? nearest(tail, names)
  const std = use.path[0]?.text === 'std'
  const notes = std
    ? [`modules of the standard library are ${names.map((name) => `\`std.${name}\``).join(', ')}`]
    : [`there is no file \`${sought}\``]
  const fix =
    meant === undefined || use.path.length > 2
      ? {}
      : { fix: { message: `did you mean \`std.${meant}\`?`, span, replacement: `std.${meant}` } }
  loader.bag.add(nameDiagnostic('ARC2001', { module: written }, span, { notes, ...fix }))
}

function reportMissingName(loader: Loader, used: Module, module: string, name: string, use: UseDecl, span: Span): void {
  const meant = nearest(name, used.own.keys())
  const elsewhere = stdlibModulesWith(loader.host, name)
  const notes =
    elsewhere.length > 0
      ? [`\`${name}\` is in ${elsewhere.map((m) => `\`${m}\``).join(' and ')}`]
      : used.own.size <= 16
        ? [`\`${module}\` has ${[...used.own.keys()].map((n) => `\`${n}\``).join(', ')}`]
        : []
  const alone = use.names?.length === 1 && elsewhere[0] !== undefined
  const fix = alone
    ? { fix: { message: `take it from there`, span: pathSpan(use), replacement: elsewhere[0] ?? '' } }
    : meant === undefined || elsewhere.length > 0
      ? {}
      : { fix: { message: `did you mean \`${meant}\`?`, span, replacement: meant } }
  loader.bag.add(nameDiagnostic('ARC2002', { module, name }, span, { notes, ...fix }))
}
