/** `docs/reference/*.md` of the standard library: every declaration with its signature, its documentation and, if short, its code. */
import type { Declaration, FunctionDecl, LetDecl, ObjectDecl, ObjectKeyword } from '../../grammar/ast.ts'
import { DiagnosticBag, need } from '../../grammar/diagnostic.ts'
import { textOf } from '../../grammar/source.ts'
import { countParameters, outlineOf } from '../evaluate/backbone.ts'
import { staticContext } from '../evaluate/context.ts'
import { createSession } from '../evaluate/expression.ts'
import type { Host } from '../host/host.ts'
import { implicitModules, loadProgram } from '../names/load.ts'
import type { Module, Program } from '../names/program.ts'
import { code, type Page, table } from './markdown.ts'

type Documented = FunctionDecl | ObjectDecl | LetDecl

interface LibraryModule {
  readonly name: string
  readonly program: Program
  readonly declarations: readonly Documented[]
}

function isDocumented(declaration: Declaration): declaration is Documented {
  return declaration.kind === 'Function' || declaration.kind === 'Object' || declaration.kind === 'Let'
}

/** The head of a function: all before its body. */
function signatureOf(decl: FunctionDecl): string {
  const end = decl.body?.span.start ?? decl.span.end
  return textOf({ ...decl.span, end }).replace(/\s*=?\s*$/, '')
}

/** An object is its code; of a function, the code is in the library. */
function codeOf(decl: FunctionDecl | ObjectDecl): string {
  return decl.kind === 'Object' ? textOf(decl.span).trimEnd() : signatureOf(decl)
}

function entryOf(decl: FunctionDecl | ObjectDecl): readonly string[] {
  const doc = need(decl.doc, `the documentation of ${decl.name.text}`)
  return [`### \`${decl.name.text}\``, '', ...doc.split('\n'), '', ...code(codeOf(decl))]
}

const millions = (count: number) => `${(count / 1e6).toFixed(2)} M`
const billions = (count: number) => `${(count / 1e9).toFixed(2)} G`

/** The networks with a name: parameters and multiplications, as `parameters` and `macs` count them. */
function networks({ program, declarations }: LibraryModule, host: Host): readonly string[] {
  const bag = new DiagnosticBag()
  const rows = declarations.flatMap((decl) => {
    if (decl.kind !== 'Let') return []
    const session = createSession(program, host, bag)
    const env = { module: program.entry, locals: undefined }
    const value = session.evaluate(decl.value, env, staticContext(session))
    if (value.kind !== 'backbone') return []
    const { parameters, macs } = outlineOf(value, session, decl.span)
    const cells = [`\`${decl.name.text}\``, `\`${textOf(decl.value.span)}\``]
    return [[...cells, millions(countParameters(parameters)), billions(macs), decl.doc ?? '']]
  })
  return table(['Network', 'Is', 'Weights', 'Multiplications', 'Meaning'], rows)
}

function chapter(module: LibraryModule, host: Host): readonly string[] {
  const isImplicit = implicitModules.some((name) => name === module.name)
  const use = isImplicit ? 'Its names need no `use`.' : `\`use std.${module.name}: …\``
  return [
    `## \`std.${module.name}\``,
    '',
    use,
    '',
    ...networks(module, host),
    ...module.declarations.flatMap((decl) => (decl.kind === 'Let' ? [] : entryOf(decl))),
  ]
}

/** The primitives in the parts of the prelude, each under its title. */
function primitives({ program, declarations }: LibraryModule): readonly string[] {
  const { text } = program.entry.source
  const titles = [...text.matchAll(/^\/\/ (.+)$/gm)].map(({ index, 1: title = '' }) => ({ index, title }))
  return titles.flatMap(({ index, title }, i) => {
    const next = titles[i + 1]?.index ?? text.length
    const inside = declarations.filter(({ span }) => span.start > index && span.start < next)
    const entries = inside.flatMap((decl) => (decl.kind === 'Function' ? entryOf(decl) : []))
    return entries.length === 0 ? [] : [`## ${title}`, '', ...entries]
  })
}

/** The pages, and the kinds of objects by which a module belongs to one. Modules of layers and networks have none. */
const pages: readonly { readonly file: string; readonly title: string; readonly keywords: readonly ObjectKeyword[] }[] =
  [
    { file: 'machines', title: 'Machines and devices', keywords: ['machine', 'device'] },
    {
      file: 'data',
      title: 'Data sets, verification sets, augmentations',
      keywords: ['dataset', 'verification', 'augmentation'],
    },
    {
      file: 'training',
      title: 'Margins, optimizers, schedules, starts',
      keywords: ['margin', 'optimizer', 'schedule', 'start'],
    },
    { file: 'networks', title: 'Layers and backbones', keywords: [] },
  ]

function pageOf({ declarations }: LibraryModule): (typeof pages)[number] {
  const keywords = declarations.flatMap((decl) => (decl.kind === 'Object' ? [decl.keyword] : []))
  const page = pages.find((candidate) => candidate.keywords.some((keyword) => keywords.includes(keyword)))
  return need(page ?? pages.at(-1), 'a page')
}

function readModule(name: string, host: Host): LibraryModule {
  const program = loadProgram(need(host.readStdlib(name), name), host, new DiagnosticBag())
  const { declarations }: Module['tree'] = program.entry.tree
  return { name, program, declarations: declarations.filter(isDocumented) }
}

/** The names that need no `use` first, then the others in alphabetical order. */
function orderOf(name: string): string {
  const at = implicitModules.map(String).indexOf(name)
  return at < 0 ? `1 ${name}` : `0 ${String(at).padStart(2, '0')}`
}

export function libraryPages(host: Host): readonly Page[] {
  const modules = host.stdlibNames
    .toSorted((a, b) => orderOf(a).localeCompare(orderOf(b), 'en'))
    .map((name) => readModule(name, host))
  const library = modules.filter(({ name }) => name !== 'prelude')
  const prelude = need(
    modules.find(({ name }) => name === 'prelude'),
    'the prelude',
  )
  return [
    {
      path: 'docs/reference/primitives.md',
      title: 'Primitives',
      source: 'compiler/primitives',
      lines: [
        'The operations that `.arc` code is made of. They need no `use`. Functions of `scalar` take numbers and tensors: of numbers known',
        'before the run the compiler computes the result, of others the device does, element by element.',
        '',
        ...primitives(prelude),
      ],
    },
    ...pages.map(({ file, title }) => ({
      path: `docs/reference/${file}.md`,
      title,
      source: 'stdlib',
      lines: library.filter((module) => pageOf(module).file === file).flatMap((module) => chapter(module, host)),
    })),
  ]
}
