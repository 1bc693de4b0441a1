/** `docs/fields.md`: the fields of an experiment and of the objects in it, from the tables in `compiler/schema`. */
import type { ObjectKeyword } from '../../grammar/ast.ts'
import { showList, showType } from '../check/show-type.ts'
import { experimentBody } from '../schema/experiment.ts'
import { objectSpecs } from '../schema/objects.ts'
import { type FieldSpec, type SectionSpec, showRange } from '../schema/spec.ts'
import { type Dimension, sameDimension } from '../types/dimension.ts'
import type { Type } from '../types/type.ts'
import { type Page, table } from './markdown.ts'

function showDefault(spec: FieldSpec): string {
  if (spec.required) return 'required'
  return spec.default === undefined ? '`none`' : `\`${spec.default}\``
}

function isOf(dimension: Dimension, type: Type): boolean {
  if (type.kind === 'optional') return isOf(dimension, type.inner)
  if (type.kind === 'list') return isOf(dimension, type.element)
  if (type.kind === 'union') return type.members.some((member) => isOf(dimension, member))
  return type.kind === 'number' && sameDimension(type.dimension, dimension)
}

const isTime = (type: Type) => isOf({ second: 1 }, type)

/** A bound is in base units. */
function showBound(bound: number, type: Type): string {
  if (isTime(type)) return `${bound} s`
  return isOf({ radian: 1 }, type) ? `${(bound * 180) / Math.PI} deg` : `${bound}`
}

/** A time may be written in any unit. */
function showKind(type: Type): string {
  if (type.kind === 'optional') return showKind(type.inner)
  if (type.kind === 'union') return showList(type.members.map(showKind), 'or')
  return isTime(type) ? 'a time' : showType(type)
}

function row(name: string, spec: FieldSpec): readonly string[] {
  const range = spec.range === undefined ? '' : `, ${showRange(spec.range, (bound) => showBound(bound, spec.type))}`
  return [`\`${name}\``, `${showKind(spec.type)}${range}`, showDefault(spec), spec.doc]
}

function fieldTable(fields: SectionSpec['fields'], prefix = ''): readonly string[] {
  const rows = Object.entries(fields).map(([name, spec]) => row(`${prefix}${name}`, spec))
  return table(['Field', 'Value', 'Default', 'Meaning'], rows)
}

function chapter(title: string, body: SectionSpec, prefix = ''): readonly string[] {
  const inner = Object.entries(body.sections).flatMap(([name, section]) => [
    `\`${name}\`: ${section.doc}`,
    '',
    ...fieldTable(section.fields, `${name}.`),
  ])
  return [`## ${title}`, '', body.doc, '', ...fieldTable(body.fields, prefix), ...inner]
}

/** What each method of an object returns and reads. */
function methods(keyword: ObjectKeyword): readonly string[] {
  return Object.entries(objectSpecs[keyword].methods).flatMap(([name, { doc, reads }]) => [
    `\`${name}(…)\`: ${doc}`,
    '',
    ...table(
      ['It reads', 'Meaning'],
      Object.entries(reads).map(([read, meaning]) => [`\`${read}\``, meaning]),
    ),
  ])
}

const objects = [
  'dataset',
  'machine',
  'device',
  'margin',
  'optimizer',
  'schedule',
  'augmentation',
  'verification',
  'start',
] as const

export function fieldsPage(): Page {
  const { sections, ...experiment } = experimentBody
  return {
    path: 'docs/fields.md',
    title: 'Fields and methods',
    source: 'compiler/schema',
    lines: [
      'The fields of an experiment and of the objects in it. `arcc dump FILE --after elaborate` prints every field of an experiment with its',
      'value and the line where it was written. Defaults are written in the language and can use the names of the standard library. A field whose default is `none` has no value',
      'unless it is set; setting it to `none` removes the value of the extended experiment. The methods of margins, optimizers and schedules name',
      'what they read, in any order: `update(gradient, weight, rate)`.',
      '',
      ...chapter('`experiment`', { ...experiment, sections: {} }),
      ...Object.entries(sections).flatMap(([name, section]) => chapter(`\`${name}\``, section, `${name}.`)),
      ...objects.flatMap((name) => [...chapter(`\`${name}\``, objectSpecs[name].body), ...methods(name)]),
    ],
  }
}
