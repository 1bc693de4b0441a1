/** The documentation is correct: its `.arc` compiles, its commands and files exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileHost } from '../cli/host/host.ts'
import { createProgram } from '../cli/program.ts'
import { compileExperiment } from '../compiler/driver.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { peerErrors } from '../runtime/peers/store/messages.ts'
import { catalogues } from './catalogue/catalogues.ts'
import { refusedActions } from './helpers/refused-actions.ts'

const read = (file: string) => readFileSync(join(packageFolder, file), 'utf8')
const blocks = (file: string) => [...read(file).matchAll(/^```arc\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')

const inFolder = (folder: string) =>
  readdirSync(join(packageFolder, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file}`)

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...inFolder('docs'),
  ...inFolder('docs/reference'),
  'bench/README.md',
  'bench/gpu/README.md',
]

const codes = new Set(
  Object.values(catalogues)
    .flat()
    .map(({ code }) => code),
)

test('the experiment of the README is the file', () => {
  expect(blocks('README.md')[0]).toBe(read('experiments/quickstart.arc'))
})

/** Codes that a table names in its first column, also as `ARC6863 to ARC6865`. */
function tableCodes(page: string): ReadonlySet<string> {
  const cells = read(page).match(/^\| ARC[^|]*\|/gm) ?? []
  const numbers = cells.flatMap((cell) =>
    [...cell.matchAll(/ARC(\d{4})(?: to ARC(\d{4}))?/g)].flatMap(([, first, last = first]) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i),
    ),
  )
  return new Set(numbers.map((number) => `ARC${number}`))
}

test('the page about many computers has all errors of processes that meet', () => {
  const told = tableCodes('docs/many-computers.md')
  expect(Object.keys(peerErrors.catalogue).filter((code) => !told.has(code))).toEqual([])
})

const samples = ['README.md', 'CONTRIBUTING.md', 'docs/networks.md'].flatMap((page) =>
  blocks(page).map((text, i) => ({ path: `${page} block ${i + 1}`, text })),
)

test.each(samples)('$path compiles', (entry) => {
  const { diagnostics } = compileExperiment({ entry, until: 'check' }, fileHost(packageFolder))
  expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([])
})

describe.each(pages)('%s', (page) => {
  const text = read(page)

  test('links lead somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '')
    expect(links.filter((link) => !existsSync(join(packageFolder, normalize(join(dirname(page), link)))))).toEqual([])
  })

  test('files and folders that it names are there', () => {
    const folders = /`((?:grammar|compiler|runtime|cli|stdlib|experiments|test|bench|docs)\/[\w./*-]*)`/g
    const named = [...text.matchAll(folders)].map((match) => match[1] ?? '')
    const exists = (name: string) => {
      const path = join(packageFolder, name)
      if (!name.includes('*')) return existsSync(path)
      const [before = '', after = ''] = (name.split('/').at(-1) ?? '').split('*')
      return readdirSync(dirname(path)).some((file) => file.startsWith(before) && file.endsWith(after))
    }
    expect(named.filter((name) => !exists(name))).toEqual([])
  })

  test('codes of mistakes that it names are in a catalogue', () => {
    const named = [...text.matchAll(/ARC\d{4}/g)].map(([code]) => code)
    expect(named.filter((code) => !codes.has(code))).toEqual([])
  })

  test('scripts that it names are in package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '')
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  test('commands and options that it names exist', () => {
    const program = createProgram('0', refusedActions, () => {})
    const commands = new Map(program.commands.map((command) => [command.name(), command]))
    const wrong: string[] = []
    for (const [line, name = '', rest = ''] of text.matchAll(/(?<=`|npx )arcc (\w+)([^`\n|]*)/g)) {
      const named = commands.get(name)
      const command = named?.commands.find((own) => own.name() === rest.trim().split(' ')[0]) ?? named
      const flags = command?.options.flatMap((option) => [option.long, option.short]) ?? []
      const unknown = [...rest.matchAll(/(?<=\s)--?[a-z][\w-]*/g)].filter(([flag]) => !flags.includes(flag))
      if (command === undefined || unknown.length > 0) wrong.push(line)
    }
    expect(wrong).toEqual([])
  })
})
