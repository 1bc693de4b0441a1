/** Architecture rules that no compiler checks: import directions, maximum file lengths, forbidden texts. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join, normalize } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import * as experimentTable from '../compiler/schema/experiment.ts'
import { dataset } from '../compiler/schema/objects.ts'
import { memberName } from '../compiler/schema/values.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { enumsWrittenTwice, fieldsOutsideOfTable } from './helpers/architecture-rules.ts'
import { folderCircles, type Import } from './helpers/folder-circles.ts'
import { typesWrittenTwice } from './helpers/types-written-twice.ts'

/** Files that git tracks or would track; a copy without git is not checked. */
function trackedFiles(): readonly string[] {
  const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: packageFolder,
    encoding: 'utf8',
  })
  return [...new Set(output.split('\0').filter(Boolean))].filter((file) => textOf(file) !== undefined)
}

const texts = new Map<string, string | undefined>()
function textOf(file: string): string | undefined {
  if (!texts.has(file)) {
    try {
      texts.set(file, readFileSync(join(packageFolder, file), 'utf8'))
    } catch {
      texts.set(file, undefined)
    }
  }
  return texts.get(file)
}

const files = trackedFiles()
const sources = files.filter((file) => /^(grammar|compiler|runtime|cli|bench|bin|test)\/.*\.(ts|js)$/.test(file))
const handwritten = sources.filter((file) => !file.includes('.gen.'))

const imports: readonly Import[] = sources.flatMap((from) =>
  ts.preProcessFile(textOf(from) ?? '', true, true).importedFiles.map(({ fileName }) => ({
    from,
    to: fileName.startsWith('.') ? normalize(join(dirname(from), fileName)) : fileName,
  })),
)

const show = ({ from, to }: Import) => `${from} → ${to}`
const inside = /^(grammar|compiler|runtime|cli|bench|bin|test)\//
const syntaxFree = /^(compiler\/(ir|stablehlo)\/|grammar\/(source|diagnostic)\.ts$)/

describe('imports', () => {
  test.each([
    ['grammar', /^grammar\//, /^grammar\//],
    ['the graph', /^compiler\/(ir|stablehlo)\//, syntaxFree],
    ['compiler', /^compiler\//, /^(grammar|compiler)\//],
    [
      'runtime',
      /^runtime\//,
      /^(runtime\/|compiler\/(ir|json|plan|stablehlo)\/|compiler\/host\/machine-profile\.ts$|compiler\/experiment\/lengths\.ts$|grammar\/(source|diagnostic|suggest)\.ts$)/,
    ],
    ['cli', /^cli\//, /^(grammar|compiler|runtime|cli)\//],
  ])('%s keeps its direction', (_, from, allowed) => {
    const own = imports.filter((found) => from.test(found.from) && inside.test(found.to))
    expect(own.length).toBeGreaterThan(0)
    expect(own.filter((found) => !allowed.test(found.to)).map(show)).toEqual([])
  })

  test('no folders import each other in a circle', () => {
    const product = /^(grammar|compiler|runtime|cli)\//
    expect(folderCircles(imports.filter(({ from, to }) => product.test(from) && product.test(to)))).toEqual([])
  })

  test('a circle of folders is found, also by way of a third one', () => {
    const circle = [
      { from: 'a/one.ts', to: 'b/two.ts' },
      { from: 'b/three.ts', to: 'c/four.ts' },
      { from: 'c/five.ts', to: 'a/six.ts' },
    ]
    const beside = { from: 'd/seven.ts', to: 'a/one.ts' }
    expect(folderCircles([...circle, beside])).toEqual(circle.map(show))
    expect(folderCircles([...circle.slice(1), beside])).toEqual([])
  })

  test('grammar and compiler see the world through the host alone', () => {
    const generator = /\/generate-[^/]+\.ts$/
    const own = imports.filter((found) => /^(grammar|compiler)\//.test(found.from) && !generator.test(found.from))
    expect(own.filter((found) => found.to.startsWith('node:')).map(show)).toEqual([])
  })

  test('chevrotain parses, koffi calls native code: each in its place', () => {
    const only = (name: string, folder: string) =>
      imports.filter((found) => found.to === name && inside.test(found.from) && !found.from.startsWith(folder))
    const stray = [...only('chevrotain', 'grammar/'), ...only('koffi', 'runtime/xla/')]
    expect(stray.filter((found) => !/^(runtime\/native-library\.ts|test\/)/.test(found.from)).map(show)).toEqual([])
  })

  test('no index.ts: a file is imported by its own name', () => {
    expect(sources.filter((file) => basename(file) === 'index.ts')).toEqual([])
  })

  test('imports name the file, with its ending', () => {
    const own = imports.filter((found) => inside.test(found.to))
    expect(own.filter((found) => !['.ts', '.js', '.mjs', '.json'].includes(extname(found.to))).map(show)).toEqual([])
  })
})

describe('files', () => {
  const longest = 400

  test(`have no more than ${longest} lines`, () => {
    const lines = (file: string) => (textOf(file) ?? '').split('\n').length - 1
    expect(handwritten.filter((file) => lines(file) > longest).map((file) => `${file}: ${lines(file)}`)).toEqual([])
  })

  test('are named in kebab-case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|cases|gen|d|config))?\.(ts|js)$/
    expect(sources.map((file) => basename(file)).filter((name) => !kebab.test(name))).toEqual([])
  })
})

/** The places of a kind of syntax. */
function placesOf(file: string, match: (node: ts.Node) => boolean): string[] {
  const tree = ts.createSourceFile(file, textOf(file) ?? '', ts.ScriptTarget.Latest)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (match(node)) found.push(`${file}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

describe('the code', () => {
  const typescript = sources.filter((file) => file.endsWith('.ts'))

  test('has no `any`', () => {
    const suspects = typescript.filter((file) => /\bany\b/.test(textOf(file) ?? ''))
    expect(suspects.flatMap((file) => placesOf(file, (node) => node.kind === ts.SyntaxKind.AnyKeyword))).toEqual([])
  })

  test('has no non-null assertion', () => {
    const suspects = typescript.filter((file) => /[\w)\]]!/.test(textOf(file) ?? ''))
    expect(suspects.flatMap((file) => placesOf(file, ts.isNonNullExpression))).toEqual([])
  })

  /** Written in parts, so that this file does not contain them. */
  const marks = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', '@ts-' + 'ignore', '@ts-' + 'expect-error', '@ts-' + 'nocheck']
  test.each(marks)('has no %s', (mark) => {
    const pattern = new RegExp(`(^|[^\\w-])${mark}\\b`)
    expect(sources.filter((file) => pattern.test(textOf(file) ?? ''))).toEqual([])
  })
})

describe('one fact in one place', () => {
  const product = handwritten
    .filter((file) => /^(grammar|compiler|runtime|cli)\/.*\.ts$/.test(file))
    .map((path) => ({ path, text: textOf(path) ?? '' }))
  const one = (text: string) => [{ path: 'a.ts', text }]
  const { train, centers, evaluate, checkpoint } = experimentTable
  const table = Object.fromEntries(
    Object.entries({ train, centers, evaluate, checkpoint, dataset }).map(([name, { fields }]) => [
      name,
      Object.keys(fields).map(memberName),
    ]),
  )

  test('no enum is written twice', () => {
    expect(enumsWrittenTwice(product)).toEqual([])
  })

  test.each([
    ["export type A = 'x' | 'y'\nconst b = ['y', 'x'] as const\n", ['x | y: a.ts:1, a.ts:2']],
    ["type A = Extract<B, 'x' | 'y'>\nconst schema = { enum: ['x', 'y'] }\n", ['x | y: a.ts:1, a.ts:2']],
    ["const a = enumOf('a', ['x', 'y'])\ntype B = 'x' | 'y' | undefined\n", ['x | y: a.ts:1, a.ts:2']],
    ["const a = ['x', 'y'] as const\ntype A = (typeof a)[number]\nconst b = { enum: a }\ntype C = A | 'z'\n", []],
    ["type A = 'x' | 'y'\ntype B = Pick<C, 'x' | 'y'>\nconst words = f(['x', 'y'])\n", []],
  ])('an enum that is written twice is found: %j', (text, found) => {
    expect(enumsWrittenTwice(one(text))).toEqual(found)
  })

  test('no type is written twice', () => {
    expect(typesWrittenTwice(product)).toEqual([])
  })

  test.each([
    [
      'interface Pair { readonly a: number; readonly b: string }\nexport type Couple = { b: string; a: number }',
      ['Pair = Couple: a.ts:1, a.ts:2'],
    ],
    [
      "type Precision = GpuProfile['products'][number]['dtype']\ntype Dtype = GpuProfile['products'][number]['dtype']",
      ['Precision = Dtype: a.ts:1, a.ts:2'],
    ],
    ['interface Pair { a: number; b: string }\ninterface Couple { a: number; b?: string }', []],
    ['type Pair = readonly [number, number]\ntype Range = readonly [number, number]', []],
  ])('a type that is written twice is found: %s', (text, found) => {
    expect(typesWrittenTwice(one(text))).toEqual(found)
  })

  test('no field stands outside of its table', () => {
    expect(fieldsOutsideOfTable(product, table)).toEqual([])
  })

  test.each([
    [
      'interface Spec { epochs: number; precision: string; clip?: number; seed: number }',
      ['a.ts:1 repeats the fields of train'],
    ],
    [
      'type Spec = { readonly every: number; readonly keep: number; best: string }',
      ['a.ts:1 repeats the fields of checkpoint'],
    ],
    [
      'interface Spec extends SectionValues<typeof train> { readonly labelSmoothing: number }',
      ['a.ts:1 adds `labelSmoothing` to the fields of the table'],
    ],
    [
      'type Spec = SectionValues<typeof train> & { readonly labelSmoothing: number }',
      ['a.ts:1 adds `labelSmoothing` to the fields of the table'],
    ],
    [
      "const smoothing = asNumber(fields.value('train.label_smoothing'))",
      ['a.ts:1 reads `train.label_smoothing` by its name'],
    ],
    ["const scale = asNumber(fieldOf(object, 'scale', context))", ['a.ts:1 reads `scale` by its name']],
    ['interface Spec extends ObjectValues<typeof dataset> { readonly name: string }', []],
    ["const { clip } = readSection(train, fields.within('train'))\nfail(context, fields.span('train.clip'))", []],
  ])('a field outside of its table is found: %s', (text, found) => {
    expect(fieldsOutsideOfTable(one(text), table)).toEqual(found)
  })
})

describe('the repository', () => {
  /** Home folders, and paths of checkouts. */
  const absolute = /(^|[\s'"`(=])\/(home|root|Users|work)\/[\w.-]+/m
  test('names no absolute path of anybody', () => {
    expect(files.filter((file) => absolute.test(textOf(file) ?? ''))).toEqual([])
  })

  test('names no registry host', () => {
    const hosts = /https?:\/\/[\w.-]*(registry|artifactory|nexus|npmjs\.org|pythonhosted|pypi\.org)[\w.-]*/
    expect(files.filter((file) => hosts.test(textOf(file) ?? ''))).toEqual([])
  })

  test('the lockfile names the packages of every platform: `npm ci` wants them', () => {
    type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>> }
    const { packages } = JSON.parse(textOf('package-lock.json') ?? '') as { packages: Record<string, Entry> }
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    )
    expect(missing, 'run node .ci/complete-lockfile.js').toEqual([])
  })

  test('the lockfile names no place to load from', () => {
    expect(textOf('package-lock.json')).not.toContain('"resolved"')
  })
})
