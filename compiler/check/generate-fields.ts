/**
 * Writes `docs/fields.md`, the reference of what an experiment and the objects in it may hold, from the tables in `compiler/schema`.
 * Run by `npm run fields`; `--check` only says whether the page is up to date. Never part of the product.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { experimentBody } from '../schema/experiment.ts'
import { dataset, device, machine, margin, optimizer } from '../schema/objects.ts'
import type { FieldSpec, SectionSpec } from '../schema/spec.ts'
import { showType } from './show-type.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const page = 'docs/fields.md'

/** `at least 1`, `in (0, 1]`; bounds are in base units. */
function showRange({ min, max, minOpen = false, maxOpen = false }: NonNullable<FieldSpec['range']>): string {
  if (min === undefined) return max === undefined ? '' : `, ${maxOpen ? 'below' : 'at most'} ${max}`
  if (max === undefined) return `, ${minOpen ? 'above' : 'at least'} ${min}`
  return `, in ${minOpen ? '(' : '['}${min}, ${max}${maxOpen ? ')' : ']'}`
}

function showDefault(spec: FieldSpec): string {
  if (spec.required) return 'required'
  return spec.default === undefined ? 'none' : `\`${spec.default}\``
}

function row(name: string, spec: FieldSpec): string {
  const type = `${showType(spec.type)}${spec.range === undefined ? '' : showRange(spec.range)}`
  return `| \`${name}\` | ${type} | ${showDefault(spec)} | ${spec.doc} |`
}

function table(fields: SectionSpec['fields'], prefix = ''): readonly string[] {
  const rows = Object.entries(fields).map(([name, spec]) => row(`${prefix}${name}`, spec))
  return rows.length === 0 ? [] : ['| Field | Value | Default | Meaning |', '|---|---|---|---|', ...rows, '']
}

function chapter(title: string, body: SectionSpec, prefix = ''): readonly string[] {
  const inner = Object.entries(body.sections).flatMap(([name, section]) => [
    `\`${name}\`: ${section.doc}`,
    '',
    ...table(section.fields, `${name}.`),
  ])
  return [`## ${title}`, '', body.doc, '', ...table(body.fields, prefix), ...inner]
}

/** The page as it should be. */
export function generateFields(): { readonly path: string; readonly text: string } {
  const { sections, ...experiment } = experimentBody
  const chapters = [
    ...chapter('`experiment`', { ...experiment, sections: {} }),
    ...Object.entries(sections).flatMap(([name, section]) => chapter(`\`${name}\``, section, `${name}.`)),
    ...Object.entries({ dataset, machine, device, margin, optimizer }).flatMap(([name, body]) =>
      chapter(`\`${name}\``, body),
    ),
  ]
  const intro = [
    '# Fields',
    '',
    '<!-- Written by `npm run fields` from compiler/schema: do not edit. -->',
    '',
    'What an experiment and the objects in it may hold. `arcc dump FILE --after elaborate` prints every field of an experiment with its',
    'value. Defaults are written as in the language, and see the names of the standard library.',
    '',
  ]
  return { path: page, text: `${[...intro, ...chapters].join('\n').trimEnd()}\n` }
}

/** Writes the page, or says that it is stale. */
function main(check: boolean): void {
  const { path, text } = generateFields()
  const full = join(root, path)
  if (!check) writeFileSync(full, text)
  else if (readFileSync(full, 'utf8') !== text) {
    process.exitCode = 1
    process.stderr.write(`${path} is stale: run \`npm run fields\`\n`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes('--check'))
