/**
 * Every example of `docs/language.md` and the other pages is compiled: parsed, checked and evaluated; its experiments and their variants are resolved, its
 * tests run, its objects are used by an experiment. The words after `arc` in a fence: `expr`, an expression, put into a context of
 * `expressions`; `fields`, entries of an experiment; `wrong`, with exactly the errors that the paragraph before it names.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkProgram } from '../compiler/check/check.ts'
import { listExperiments, listVariants, resolveExperiment } from '../compiler/elaborate/experiment.ts'
import { runLanguageTests } from '../compiler/language-tests.ts'
import { loadProgram } from '../compiler/names/load.ts'
import type { ObjectDecl } from '../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag } from '../grammar/diagnostic.ts'
import { DECLARATION_WORDS, isReserved, KEYWORDS, makeToken } from '../grammar/tokens.ts'
import { memoryHost } from './helpers/diagnose.ts'

const folder = new URL('../docs/', import.meta.url)
const read = (page: string) => readFileSync(new URL(page, folder), 'utf8')
const PAGE = read('language.md')

interface Example {
  /** The page and the line. */
  readonly place: string
  readonly tags: readonly string[]
  readonly text: string
  /** The paragraph before it. */
  readonly before: string
}

function examplesOf(page: string): readonly Example[] {
  const text = read(page)
  return [...text.matchAll(/^```arc\b([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    place: `${page}:${text.slice(0, match.index).split('\n').length}`,
    tags: (match[1] ?? '').trim().split(' '),
    text: match[2] ?? '',
    before: text.slice(0, match.index).trimEnd().split('\n\n').at(-1) ?? '',
  }))
}

const EXAMPLES = readdirSync(folder)
  .filter((page) => page.endsWith('.md'))
  .flatMap(examplesOf)

/** What the examples use without declaring it: `base` is a small complete experiment. */
const shared = `use std.datasets: folder, synthetic
use std.machines: cpu
use std.margins: arcface
backbone small(embedding: int = 8) on Image(112, 112, 3) -> Vector(embedding) {
  input |> conv(4, kernel: 9, stride: 9) |> prelu |> flatten |> linear(embedding)
}
experiment base {
  dataset = synthetic(identities: 100, per_identity: 8, holdout: 10)
  backbone = small
  margin = arcface(m: 0.5 rad)
  machine = cpu(devices: 2)
  train { batch = 32 per device, epochs = 2, optimizer = sgd(lr: 0.1) }
  evaluate { sets = [holdout], pairs = 40, every = 1 epochs }
}
experiment quickstart extends base {}
experiment of_pictures extends base { dataset = folder(root: "/data/faces", holdout: 10) }
`
const files = {
  'docs/shared.arc': shared,
  'base.arc': shared,
  'shared/nets.arc':
    'use ..docs.shared: small\nbackbone wide(embedding: int) on Image(112, 112, 3) -> Vector(embedding) { input |> small(embedding) }\n',
}
const uses = `use shared\n${['backbones', 'datasets', 'machines', 'margins'].map((name) => `use std.${name}\n`).join('')}`

/** An expression in a test, where it is true if it is a condition, or in a network. */
const expressions: Readonly<Record<string, (text: string) => string>> = {
  holds: (text) => `test "holds" { assert ${text} }\n`,
  value: (text) => `test "value" {
  let limit = 100, let finished = false, let step = 3, let x = 2, let y = 1, let n = 4, let stage = 0, let index = 2
  let weight = 1, let velocity = 0
  let _value = ${text}
  assert true
}\n`,
  layer: (text) => `block example(x: Image, index: int) -> Image {
  ${text}
}
experiment uses_it extends base { backbone = net }
backbone net on Image(112, 112, 3) -> Vector(4) { input |> example(2) |> flatten |> linear(4) }\n`,
}

function fileOf({ tags, text }: Example): string {
  if (tags.includes('fields')) return `experiment example extends of_pictures {\n${text}}\n`
  if (!tags.includes('expr')) return text
  const context = tags.map((tag) => expressions[tag]).find((known) => known !== undefined)
  if (context === undefined) throw new Error(`no context: ${tags.join(' ')}`)
  return context(text)
}

/** Experiments that use the objects of an example, if they can be had without arguments. */
function usersOf(decl: ObjectDecl): readonly string[] {
  const required = decl.parameters.filter((parameter) => parameter.default === undefined).map(({ name }) => name.text)
  const given = { lr: '0.1', inner: 'cosface()' }
  const values = required.map((name) => `${name}: ${given[name as keyof typeof given]}`)
  const call = `${decl.name.text}(${values.join(', ')})`
  const fields: Partial<Record<ObjectDecl['keyword'], string>> = {
    margin: `margin = ${call}`,
    optimizer: `train.optimizer = ${call}`,
    schedule: `train.schedule = ${call}`,
    machine: `machine = ${call}, train.batch = 64 per device`,
    dataset: `dataset = ${call}`,
  }
  const field = fields[decl.keyword]
  return field === undefined ? [] : [`experiment uses_${decl.name.text} extends base { ${field} }\n`]
}

function compile(text: string): readonly Diagnostic[] {
  const host = memoryHost(files)
  const bag = new DiagnosticBag()
  const program = loadProgram({ path: 'docs/example.arc', text: `${uses}${text}` }, host, bag)
  checkProgram(program, bag)
  if (bag.hasErrors) return bag.sorted()
  for (const { name } of listExperiments(program))
    for (const variant of listVariants(program, name, [], host, bag) ?? [])
      resolveExperiment(program, variant, [], host, bag)
  return [...bag.sorted(), ...runLanguageTests(program, host).flatMap((result) => result.diagnostics)]
}

/** The codes of the errors of an example, and of an experiment that uses its objects. */
function codesOf(example: Example): readonly string[] {
  const text = fileOf(example)
  const { tree } = loadProgram(
    { path: 'docs/example.arc', text: `${uses}${text}` },
    memoryHost(files),
    new DiagnosticBag(),
  ).entry
  const users = tree.declarations.flatMap((decl) => (decl.kind === 'Object' ? usersOf(decl) : []))
  const diagnostics = compile(example.tags.includes('wrong') ? text : `${text}${users.join('')}`)
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }) => (example.tags.includes('wrong') ? code : `${code} ${message}`))
}

test('the pages have examples', () => {
  expect(EXAMPLES.length).toBeGreaterThan(40)
})

describe('examples', () => {
  test.each(EXAMPLES)('$place $tags', (example) => {
    const stated = example.tags.includes('wrong') ? [...example.before.matchAll(/ARC\d{4}/g)].map(([code]) => code) : []
    expect([...new Set(codesOf(example))].sort()).toEqual(stated.toSorted())
    if (example.tags.includes('wrong')) expect(stated).not.toEqual([])
  })
})

test('the page names every keyword, and the reserved ones as such', () => {
  const [, reserved = ''] = /never\s+names: ([^.]*)\./.exec(PAGE) ?? []
  const listed = [...reserved.matchAll(/`(\w+)`/g)].map((match) => match[1])
  const wanted = [...KEYWORDS].filter(([, type]) => isReserved(makeToken(type, '', 0))).map(([word]) => word)
  expect(listed.toSorted()).toEqual(wanted.toSorted())
  for (const word of [...KEYWORDS.keys(), ...DECLARATION_WORDS]) expect(PAGE).toContain(`\`${word}\``)
})
