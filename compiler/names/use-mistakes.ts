/** Mistakes in a `use`, reported with what was probably meant. */
import type { Ident, UseDecl } from '../../grammar/ast.ts'
import type { SourceFile, Span } from '../../grammar/source.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { type Loader, stdlibModulesWith } from './loader.ts'
import { nameDiagnostic } from './messages.ts'
import { filePath, isOfLibrary, localName, moduleSpan, moduleText } from './module-reference.ts'
import { meantName } from './other-words.ts'
import type { Definition, Module } from './program.ts'

export function reportTakenTwice(
  loader: Loader,
  before: { symbol: Definition; use: UseDecl },
  symbol: Definition,
  use: UseDecl,
  { text: name, span }: Ident,
): void {
  const earlier = before.use.names?.find((used) => localName(used).text === name) ?? before.use
  const related = [{ span: earlier.span, message: 'first imported here' }]
  if (before.symbol === symbol) loader.bag.add(nameDiagnostic('ARC2003', { name }, span, { related }))
  else {
    const params = { name, first: moduleText(before.use), second: moduleText(use) }
    const notes = [`another name for one of them: \`${symbol.name} as other\``]
    loader.bag.add(nameDiagnostic('ARC2008', params, span, { related, notes }))
  }
}

/** The prefix of a module is no other name of the file, and no other module's prefix. */
export function checkPrefixes(loader: Loader, module: Module): void {
  const first = new Map<string, Span>()
  for (const { name, decl } of module.own.values()) first.set(name, decl.name.span)
  const uses = module.tree.declarations.filter((declaration) => declaration.kind === 'Use')
  for (const name of uses.flatMap(({ names }) => names ?? []).map(localName)) first.set(name.text, name.span)
  for (const { prefix } of uses) {
    if (prefix === undefined) continue
    const span = first.get(prefix.text)
    const related = span === undefined ? [] : [{ span, message: 'first declared here' }]
    if (span === undefined) first.set(prefix.text, prefix.span)
    else loader.bag.add(nameDiagnostic('ARC2003', { name: prefix.text }, prefix.span, { related }))
  }
}

export function reportCircle(loader: Loader, key: string, use: UseDecl): undefined {
  const chain = [...loader.stack.slice(loader.stack.indexOf(key)), key]
  loader.bag.add(nameDiagnostic('ARC2005', { chain }, moduleSpan(use), { label: 'closes the cycle' }))
}

/** `use backbones`, `use std.backbone`, `use std` and a missing file, each with what was probably meant. */
export function reportMissingModule(loader: Loader, importer: SourceFile, use: UseDecl, sought: string): undefined {
  const span = moduleSpan(use)
  if (use.file !== undefined) {
    loader.bag.add(nameDiagnostic('ARC2013', { path: sought }, span))
    return
  }
  const written = moduleText(use)
  const tail = use.path.at(-1)?.text ?? ''
  const names = loader.host.stdlibNames.filter((name) => name !== 'prelude')
  const meant = names.find((name) => name === tail) ?? nearest(tail, names)
  const std = isOfLibrary(use)
  const notes = std
    ? [`modules of the standard library are ${names.map((name) => `\`std.${name}\``).join(', ')}`]
    : [`there is no file \`${sought}\``]
  const homes = use.names === undefined && use.prefix === undefined ? stdlibModulesWith(loader.host, tail) : []
  const home =
    homes.find((known) => written === `${known}.${tail}`) ?? (written === `std.${tail}` ? homes[0] : undefined)
  if (home !== undefined) {
    const right = `${home}: ${tail}`
    const fix = { message: `names follow a \`:\``, span, replacement: right }
    loader.bag.add(nameDiagnostic('ARC2001', { module: written }, span, { fix }))
    return
  }
  const above = `..${written}`
  const isAbove = !std && loader.host.readSource(filePath(importer, { ...use, up: use.up + 1 })) !== undefined
  const near = std ? undefined : variantsOf(tail).find((name) => isFileBeside(loader, importer, use, name))
  const nearPath = [...use.path.slice(0, -1).map(({ text }) => text), near].join('.')
  const fix =
    near !== undefined
      ? didYouMean(`${'..'.repeat(use.up)}${nearPath}`, span)
      : isAbove
        ? { fix: { message: 'it is in the folder above', span, replacement: above } }
        : meant === undefined || use.path.length > 2 || use.up > 0
          ? {}
          : didYouMean(`std.${meant}`, span)
  loader.bag.add(nameDiagnostic('ARC2001', { module: written }, span, { notes, ...fix }))
}

/** Other spellings of a file: in the singular or the plural, in lower case, and without `_`. */
function variantsOf(name: string): readonly string[] {
  const number = name.endsWith('s') ? name.slice(0, -1) : `${name}s`
  const found = [number, name.toLowerCase(), name.replaceAll('_', '')]
  return [...new Set(found)].filter((other) => other !== name && other !== '')
}

function isFileBeside({ host }: Loader, importer: SourceFile, use: UseDecl, name: string): boolean {
  const path = use.path.map((part, at) => (at === use.path.length - 1 ? { ...part, text: name } : part))
  return host.readSource(filePath(importer, { ...use, path })) !== undefined
}

export function reportMissingName(
  loader: Loader,
  used: Module,
  module: string,
  name: string,
  use: UseDecl,
  span: Span,
): void {
  const meant = meantName(name, used.own.keys())
  const elsewhere = stdlibModulesWith(loader.host, name)
  const notes =
    elsewhere.length > 0
      ? [`\`${name}\` is in ${elsewhere.map((m) => `\`${m}\``).join(' and ')}`]
      : used.own.size <= 16
        ? [`\`${module}\` has ${[...used.own.keys()].map((n) => `\`${n}\``).join(', ')}`]
        : []
  const alone = use.names?.length === 1 && elsewhere[0] !== undefined
  const fix =
    alone && use.names?.[0]?.alias === undefined
      ? { fix: { message: `import it from there`, span: moduleSpan(use), replacement: elsewhere[0] ?? '' } }
      : elsewhere.length > 0
        ? {}
        : didYouMean(meant, span)
  loader.bag.add(nameDiagnostic('ARC2002', { module, name }, span, { notes, ...fix }))
}

/** A quoted file is named with its full file name. */
export function reportNoArcFile(loader: Loader, use: UseDecl): undefined {
  const span = moduleSpan(use)
  const path = moduleText(use)
  const isLibrary = path.startsWith('std.') && loader.host.stdlibNames.includes(path.slice('std.'.length))
  // `nets.py` is a file of another language.
  const isOther = /\.(?:py|js|ts|json|ya?ml|toml|txt|pth?|onnx)$/i.test(path)
  const fix = isLibrary
    ? { message: 'only files are written in quotes', span, replacement: path }
    : { message: 'add `.arc`', span, replacement: `"${path}.arc"` }
  loader.bag.add(nameDiagnostic('ARC2015', { path }, span, isOther ? {} : { fix }))
}
