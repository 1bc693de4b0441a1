/** Fields and sections that an object does not have: the ones that were probably meant, and where. */
import type { Ident, ObjectDecl, SectionEntry } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { meantName } from '../names/other-words.ts'
import { objectSpecs } from '../schema/objects.ts'
import { type FieldSpec, type SectionSpec, specOf } from '../schema/spec.ts'
import { own } from '../types/own.ts'
import type { Type } from '../types/type.ts'
import { report } from './checker.ts'
import type { FieldWork, Place } from './field-work.ts'
import { fits } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import type { Advice } from './settings-of-others.ts'
import { quoteLikeliest, showKeyword } from './show-type.ts'

/** The top-level sections that have all fields of an entry. */
export function homesOf(work: FieldWork, entry: SectionEntry): readonly string[] {
  const fields = entry.entries.flatMap((e) => (e.kind === 'Field' ? (e.path[0]?.text ?? []) : []))
  if (fields.length === 0) return []
  const { sections } = objectSpecs[work.keyword].body
  return Object.entries(sections).flatMap(([name, spec]) =>
    fields.every((field) => own(spec.fields, field) !== undefined) ? [name] : [],
  )
}

/**
 * The only field that is not set yet and takes a value of this type: `model = small` is the backbone. Numbers and texts fit too many fields; for them, the field must be required.
 */
export function fieldOfType(work: FieldWork, place: Place, type: Type): string | undefined {
  if (type.kind === 'unknown') return undefined
  const { given } = work
  const isTelling = type.kind === 'object' || type.kind === 'backbone' || type.kind === 'batch'
  const fitting = Object.entries(place.spec.fields).filter(([name, field]) => {
    if (given.has([...place.path, name].join('.')) || !(isTelling || field.required)) return false
    return fits(type, field.type)
  })
  const [only, second] = fitting
  return second === undefined ? only?.[0] : undefined
}

/** Paths of the fields that a declaration sets; a swept field counts, as a section or by path: `sweep.train.batch = […]`. */
export function setPaths(decl: Pick<ObjectDecl, 'parameters' | 'entries'>): ReadonlySet<string> {
  const paths = new Set(decl.parameters.map((parameter) => parameter.name.text))
  const collect = (entries: ObjectDecl['entries'], outer: readonly string[]) => {
    for (const entry of entries)
      if (entry.kind === 'Field') {
        const [first, ...rest] = [...outer, ...entry.path.map((part) => part.text)]
        paths.add((first === 'sweep' ? rest : [first, ...rest]).join('.'))
      } else if (entry.kind === 'Section') collect(entry.entries, [...outer, entry.name.text])
  }
  collect(decl.entries, [])
  return paths
}

/** All paths of fields with this name. */
export function pathsOf(
  spec: SectionSpec,
  name: string,
  prefix: readonly string[] = [],
): readonly (readonly string[])[] {
  const here = own(spec.fields, name) === undefined ? [] : [prefix]
  return [
    ...here,
    ...Object.entries(spec.sections).flatMap(([section, inner]) => pathsOf(inner, name, [...prefix, section])),
  ]
}

/** Where a field of this name is instead; a required field comes before others. */
export function elsewhereOf(work: FieldWork, { text: name }: Ident, place: Place): readonly string[] | undefined {
  const { body } = objectSpecs[work.keyword]
  const paths = pathsOf(body, name).filter((path) => path.join('.') !== place.path.join('.'))
  return paths.find((path) => specOf(body, [...path, name])?.required) ?? paths[0]
}

/** Returns the field that was probably meant. */
export function reportUnknown(
  work: FieldWork,
  ident: Ident,
  place: Place,
  what: 'field' | 'section',
  meant: Meant | undefined,
): FieldSpec | undefined {
  const { checker, keyword } = work
  const { text: name, span } = ident
  const owner = ownerOf(work, place)
  if (what === 'section' && place.path.length > 0 && own(objectSpecs[keyword].body.sections, name) !== undefined) {
    const notes = name === 'sweep' ? ['its fields have full paths: `sweep { train.optimizer.lr = […] }`'] : []
    const label = `move it out of \`${place.path.join('.')}\``
    report(checker, checkDiagnostic('ARC3202', { name, section: `the ${keyword} itself` }, span, { label, notes }))
    return undefined
  }
  const elsewhere = what === 'field' ? elsewhereOf(work, ident, place) : undefined
  if (elsewhere !== undefined) {
    const top = elsewhere.length === 0
    const home = top ? `the ${keyword} itself` : `section \`${elsewhere.join('.')}\``
    const full = [...elsewhere, name].join('.')
    work.meant.add(full)
    const fix = place.path.length > 0 ? {} : { fix: { message: 'write the full path', span, replacement: full } }
    const label = top ? `move it out of \`${place.path.join('.')}\`` : `this is not in ${owner}`
    report(checker, checkDiagnostic('ARC3202', { name, section: home }, span, { label, ...fix }))
    return specOf(objectSpecs[keyword].body, [...elsewhere, name])
  }
  const method = place.path.length === 0 ? own(objectSpecs[keyword].methods, name) : undefined
  if (method !== undefined) {
    work.meant.add(name)
    const notes = [`write \`${name}(${method.usual}) = …\``, method.doc]
    report(checker, checkDiagnostic('ARC3219', { name }, span, { notes }))
    return undefined
  }
  const replaced = own(place.spec.former ?? {}, name)
  if (replaced !== undefined) {
    report(checker, checkDiagnostic('ARC3201', { owner, what, name }, span, { notes: [replaced] }))
    return undefined
  }
  const fields = Object.keys(place.spec.fields)
  const sections = Object.keys(place.spec.sections)
  const methods = place.path.length === 0 ? Object.keys(objectSpecs[keyword].methods) : []
  if (meant !== undefined) work.meant.add([...place.path, meant.name].join('.'))
  const likely = suggestion(work, ident, place, meant)
  const extras: Extras = {
    ...likely,
    notes: [
      ...likely.notes,
      ...list('fields are', name, fields),
      ...list('sections are', name, sections),
      ...list('methods are', name, methods),
    ],
  }
  report(checker, checkDiagnostic('ARC3201', { owner, what, name }, span, extras))
  return meant === undefined ? undefined : own(place.spec.fields, meant.name)
}

function ownerOf({ keyword }: FieldWork, { path }: Place): string {
  return path.length === 0 ? showKeyword(keyword) : `section \`${path.join('.')}\``
}

/** Reports a field of other trainers. */
export function reportAdvised(
  work: FieldWork,
  { text: name, span }: Ident,
  place: Place,
  { path, ...extras }: Advice,
): void {
  if (path !== undefined) work.meant.add(path)
  const params = { owner: ownerOf(work, place), what: 'field', name }
  report(work.checker, checkDiagnostic('ARC3201', params, span, extras))
}

/** A name that was probably meant, and whether its value fits there. */
export interface Meant {
  readonly name: string
  readonly fits: boolean
}

/** The fix for a misspelt field; a note if the field is set already, or takes no such value, or is in another section. */
function suggestion(
  work: FieldWork,
  ident: Ident,
  place: Place,
  meant: Meant | undefined,
): Required<Pick<Extras, 'notes'>> & Extras {
  const { text: name, span } = ident
  if (meant === undefined) {
    const path = joinedPath(name, objectSpecs[work.keyword].body)
    if (path === undefined) return { notes: ownersOf(name) }
    work.meant.add(path)
    if (place.path.length > 0) return { notes: [`did you mean \`${path}\`?`] }
    return { notes: [], ...didYouMean(path, span) }
  }
  const isSet = work.given.has([...place.path, meant.name].join('.'))
  if (isSet) return { notes: [`did you mean \`${meant.name}\`? It is set already`] }
  if (!meant.fits) return { notes: [`did you mean \`${meant.name}\`? It takes other values`] }
  return { notes: [], ...didYouMean(meant.name, span) }
}

/** `save_every` is `checkpoint.every`: the first words name a section, the others a field of it. */
function joinedPath(name: string, body: SectionSpec): string | undefined {
  const words = name.split('_')
  for (let k = 1; k < words.length; k++) {
    const section = meantName(words.slice(0, k).join('_'), Object.keys(body.sections))
    const spec = section === undefined ? undefined : own(body.sections, section)
    const field = words.slice(k).join('_')
    if (spec !== undefined && own(spec.fields, field) !== undefined) return `${section}.${field}`
  }
  return undefined
}

/** The objects of an experiment that have a field of this name: `loss` is one of margins. */
function ownersOf(name: string): readonly string[] {
  return (['margin', 'dataset', 'machine', 'device'] as const)
    .filter((keyword) => own(objectSpecs[keyword].body.fields, name) !== undefined)
    .map((keyword) => `\`${name}\` is a field of ${showKeyword(keyword)}: \`${keyword} … { ${name} = … }\``)
}

function list(lead: string, written: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${lead} ${quoteLikeliest(written, names)}`]
}
