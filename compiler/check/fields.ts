/** Fields and sections of an object, against the table of its keyword. */
import type { Entry, Expr, FieldEntry, Ident, SectionEntry } from '../../grammar/ast.ts'
import type { Fix } from '../../grammar/diagnostic.ts'
import { joinSpans, type Span, textOf } from '../../grammar/source.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { meantName } from '../names/other-words.ts'
import { zipName } from '../schema/experiment.ts'
import { objectSpecs } from '../schema/objects.ts'
import type { FieldSpec, SectionSpec } from '../schema/spec.ts'
import { own } from '../types/own.ts'
import { listOf, type Type, unknown } from '../types/type.ts'
import { type Expected, report, type Scope, visibleNames } from './checker.ts'
import type { FieldWork, Place } from './field-work.ts'
import { fits, present } from './fit.ts'
import { checkComplete, innerMembers } from './members.ts'
import { checkDiagnostic } from './messages.ts'
import { adviceOn } from './settings-of-others.ts'
import { quoteList } from './show-type.ts'
import { elsewhereOf, fieldOfType, homesOf, pathsOf, reportAdvised, reportUnknown } from './unknown-fields.ts'
import { namesFor, reportUnknownName } from './unknown-names.ts'

/** Checks all fields and sections. */
export function checkFields(work: FieldWork, entries: readonly Entry[]): void {
  const place = { spec: objectSpecs[work.keyword].body, path: [] }
  // A swept path may be inside a value from another entry, at any position.
  const isLate = (entry: Entry) => work.keyword === 'experiment' && isSwept(entry)
  checkEntries(
    work,
    entries.filter((entry) => !isLate(entry)),
    place,
  )
  checkEntries(work, entries.filter(isLate), place)
}

/** `sweep { … }` or `sweep.path = …`. */
function isSwept(entry: Entry): boolean {
  if (entry.kind === 'Section') return entry.name.text === 'sweep'
  return entry.kind === 'Field' && entry.path.length > 1 && entry.path[0]?.text === 'sweep'
}

/** The same check inside `sweep`, starting at the top level of the experiment. */
function sweeping(work: FieldWork, place: Place): FieldWork | undefined {
  const isTop = place.path.length === 0 && work.keyword === 'experiment' && work.swept === undefined
  return isTop ? { ...work, set: new Map(work.set), swept: true } : undefined
}

export function checkEntries(work: FieldWork, entries: readonly Entry[], place: Place): void {
  for (const entry of entries) {
    if (entry.kind === 'Field') checkField(work, entry, place)
    else if (entry.kind === 'Section') checkSection(work, entry, place)
    else if (place.path.length > 0 || work.swept) reportMisplaced(work, entry, place)
  }
}

const misplaced = { Let: 'a `let`', Method: 'a method', State: 'a state', Require: 'a requirement' } as const

function reportMisplaced(work: FieldWork, entry: Exclude<Entry, FieldEntry | SectionEntry>, place: Place): void {
  const path = work.swept ? ['sweep', ...place.path] : place.path
  const params = { what: misplaced[entry.kind], section: path.join('.') }
  report(
    work.checker,
    checkDiagnostic('ARC3217', params, entry.span, { label: `move it out of \`${params.section}\`` }),
  )
}

function checkSection(work: FieldWork, entry: SectionEntry, place: Place): void {
  const name = entry.name.text
  const section = own(place.spec.sections, name)
  const path = [...place.path, name]
  const field = own(place.spec.fields, name)
  const swept = isSwept(entry) ? sweeping(work, place) : undefined
  if (entry.entries.length === 0 && field === undefined) {
    const shown = work.swept ? ['sweep', ...path] : path
    report(work.checker, checkDiagnostic('ARC3287', { section: shown.join('.') }, entry.name.span))
  }
  if (work.swept && place.path.length === 0 && name === zipName) checkEntries(work, entry.entries, place)
  else if (swept !== undefined) checkEntries(swept, entry.entries, place)
  else if (section !== undefined) {
    const inside = { spec: section, path }
    if (!isAnotherSection(work, entry, inside)) checkEntries(work, entry.entries, inside)
  } else if (field !== undefined) {
    work.meant.add(path.join('.'))
    const notes = [`\`${name}\`: ${field.doc}`]
    report(
      work.checker,
      checkDiagnostic('ARC3206', { name }, entry.name.span, { label: `write \`${name} = …\``, notes }),
    )
  } else checkUnknownSection(work, entry, place)
}

/** A misspelt section is checked as the one that it means. */
function checkUnknownSection(work: FieldWork, entry: SectionEntry, place: Place): void {
  const { text: name } = entry.name
  const homes = homesOf(work, entry)
  const known = [...Object.keys(place.spec.sections), ...Object.keys(place.spec.fields)]
  const meant = meantName(name, known) ?? (homes.length === 1 ? homes[0] : undefined)
  reportUnknown(work, entry.name, place, 'section', meant === undefined ? undefined : { name: meant, fits: true })
  const section = meant === undefined ? undefined : own(place.spec.sections, meant)
  if (meant === undefined || section === undefined) return
  if (meant === 'sweep' && place.path.length === 0) {
    const swept = sweeping(work, place)
    if (swept !== undefined) checkEntries(swept, entry.entries, place)
  } else checkEntries(work, entry.entries, { spec: section, path: [...place.path, meant] })
}

/** Reports an unknown field, and checks its value against the field that it means. */
function reportUnknownField(work: FieldWork, ident: Ident, place: Place, value: Expr | undefined): void {
  const { checker, scope } = work
  const names = [...Object.keys(place.spec.fields), ...Object.keys(place.spec.sections)]
  const isElsewhere = elsewhereOf(work, ident, place) !== undefined
  const advice = isElsewhere ? undefined : adviceOn(work, ident, place, value)
  if (advice !== undefined) {
    reportAdvised(work, ident, place, advice)
    return
  }
  const byName = isElsewhere ? undefined : meantName(ident.text, names)
  if (value === undefined) {
    reportUnknown(work, ident, place, 'field', byName === undefined ? undefined : { name: byName, fits: true })
    return
  }
  const field = byName === undefined ? undefined : own(place.spec.fields, byName)?.type
  const wanted = field !== undefined && work.swept ? listOf(field) : field
  const canInfer = value.kind !== 'Name' || wanted !== undefined || isVisible(scope, value.name)
  // The names in the value may be those of a field that does not exist either.
  const isList = value.kind === 'List'
  const typing = isElsewhere || (wanted !== undefined && !isList) ? checker : checker.silent()
  const type = canInfer ? typing.infer(value, scope, wanted) : unknown
  const name = byName ?? fieldOfType(work, place, type)
  const isFitting = wanted === undefined || (isList ? accepts(work, value, wanted) : fits(type, wanted))
  reportUnknown(work, ident, place, 'field', name === undefined ? undefined : { name, fits: isFitting })
}

/** Whether a list fits a field, whose elements may be names of several kinds. */
function accepts({ checker, scope }: FieldWork, value: Expr, type: Type): boolean {
  const trial = checker.apart()
  trial.check(value, scope, { type, what: '' })
  return !trial.bag.hasErrors
}

function isVisible(scope: Scope, name: string): boolean {
  return visibleNames(scope).includes(name)
}

/** Several fields, all of which belong to one other section: the name of this section is wrong. */
function isAnotherSection(work: FieldWork, entry: SectionEntry, place: Place): boolean {
  const fields = entry.entries.flatMap((e) =>
    e.kind === 'Field' && e.path.length === 1 ? (e.path[0]?.text ?? []) : [],
  )
  if (fields.length < 2 || fields.some((name) => own(place.spec.fields, name) !== undefined)) return false
  const body = objectSpecs[work.keyword].body
  const homes = fields.map((name) => pathsOf(body, name).map((path) => path.join('.')))
  const home = homes[0]?.find((path) => path !== '' && homes.every((paths) => paths.includes(path)))
  if (home === undefined) return false
  for (const name of fields) work.meant.add(`${home}.${name}`)
  const { span } = entry.name
  const params = { names: fields, section: `section \`${home}\`` }
  const fix = place.path.length > 1 ? {} : didYouMean(home, span)
  report(work.checker, checkDiagnostic('ARC3218', params, span, fix))
  return true
}

/** Checks a value at a path: `batch`, `train.batch`, or `dataset.root`, an argument or field of the object in a field. */
export function checkField(work: FieldWork, entry: FieldEntry, start: Place): void {
  const swept = isSwept(entry) ? sweeping(work, start) : undefined
  if (swept !== undefined) {
    checkField(swept, { ...entry, path: entry.path.slice(1) }, start)
    return
  }
  const { checker } = work
  const [head] = entry.path
  if (work.swept && start.path.length === 0 && head?.text === zipName) {
    report(checker, checkDiagnostic('ARC3205', { name: zipName }, head.span, { label: 'write `zip { … }`' }))
    return
  }
  let place = start
  for (const [index, part] of entry.path.entries()) {
    const name = part.text
    const rest = entry.path.slice(index + 1)
    const field = own(place.spec.fields, name)
    const section = own(place.spec.sections, name)
    if (field !== undefined) {
      if (rest.length === 0) setField(work, entry, field, [...place.path, name])
      else checkInner(work, entry, field, [...place.path, name], rest)
      return
    }
    if (section === undefined) {
      reportUnknownField(work, part, place, rest.length === 0 ? entry.value : undefined)
      return
    }
    if (rest.length === 0) {
      const full = [...place.path, name].join('.')
      work.meant.add(full)
      if (work.keyword === 'experiment' && takesShared(work, entry, full)) return
      const inside = Object.keys(section.fields)
      const notes = [`its fields are ${quoteList(inside)}`]
      const extras = { label: `write \`${name} { … }\``, notes, ...withoutSign(entry) }
      report(checker, checkDiagnostic('ARC3205', { name }, part.span, extras))
      return
    }
    place = { spec: section, path: [...place.path, name] }
  }
}

/** `train = { batch = … }`: the braces follow the name. */
function withoutSign({ path, value, span }: FieldEntry): { readonly fix?: Fix } {
  const end = path.at(-1)?.span.end
  if (value.kind !== 'Record' || end === undefined) return {}
  const sign = { ...span, start: end, end: value.span.start }
  return { fix: { message: 'remove the sign before the braces', span: sign, replacement: ' ' } }
}

function pathSpan(path: readonly Ident[], fallback: Span): Span {
  const first = path[0]?.span ?? fallback
  return joinSpans(first, path.at(-1)?.span ?? first)
}

function expectation(path: string, spec: FieldSpec): Expected {
  return { type: spec.type, what: `\`${path}\``, note: `\`${path}\`: ${spec.doc}` }
}

/** Checks the value, or in `sweep` the list of values; returns the type of one of them. */
function checkValue(work: FieldWork, entry: FieldEntry, expected: Expected): Type {
  const { checker, scope, swept } = work
  if (swept === undefined) return checker.check(entry.value, scope, expected)
  const list = { ...expected, type: listOf(expected.type), what: `${expected.what} in \`sweep\`` }
  const type = checker.check(entry.value, scope, list)
  return type.kind === 'list' ? type.element : type
}

/** `train = recipe`: whether the value is a shared section, or has been reported. */
function takesShared({ checker, scope, set, swept }: FieldWork, entry: FieldEntry, name: string): boolean {
  const { kind } = entry.value
  if (kind === 'Error') return true
  if (swept || (kind !== 'Name' && kind !== 'Member')) return false
  if (entry.value.kind === 'Name' && !visibleNames(scope).includes(entry.value.name)) {
    const section: Type = { kind: 'section', name, fields: new Map() }
    const { name: value, span } = entry.value
    if (meantName(value, namesFor(scope, section)) === undefined) return false
    reportUnknownName(checker, scope, value, span, { wanted: section })
    return true
  }
  const type = checker.infer(entry.value, scope)
  if (type.kind === 'unknown') return true
  if (type.kind !== 'section') return false
  const span = pathSpan(entry.path, entry.span)
  if (type.name !== name) {
    const params = { name: textOf(entry.value.span), section: type.name }
    report(checker, checkDiagnostic('ARC3275', params, entry.value.span, didYouMean(type.name, span)))
    return true
  }
  const isOwn = ([path, field]: [string, { shared?: true }]) =>
    path.startsWith(`${name}.`) && field.shared === undefined
  const [before] = [...set].filter(isOwn)
  if (before !== undefined) {
    const related = [{ span: before[1].span, message: 'this is set before it' }]
    report(checker, checkDiagnostic('ARC3276', { name, path: before[0] }, span, { related }))
  }
  for (const [path, field] of type.fields) set.set(path, { span, type: field, shared: true })
  return true
}

function setField(work: FieldWork, entry: FieldEntry, spec: FieldSpec, path: readonly string[]): void {
  const { checker, set } = work
  const full = path.join('.')
  const span = pathSpan(entry.path, entry.span)
  const first = set.get(full)
  if (first !== undefined && !first.shared) {
    const related = [{ span: first.span, message: 'first set here' }]
    const notes = work.swept ? ['`sweep` sets it in each variant, so nothing else does'] : []
    report(checker, checkDiagnostic('ARC3203', { path: full }, span, { label: 'set again', related, notes }))
  }
  const [inner, place] = [...set].find(([known, { shared }]) => known.startsWith(`${full}.`) && !shared) ?? []
  if (inner !== undefined && place !== undefined && !work.swept) {
    const related = [{ span: place.span, message: 'this is set before it' }]
    const notes = [`write \`${inner} = …\` below it`]
    report(checker, checkDiagnostic('ARC3289', { path: full, inner }, span, { related, notes }))
  }
  const type = checkValue(work, entry, expectation(full, spec))
  if (type.kind === 'backbone') checkComplete(checker, type, entry.value.span)
  set.set(full, { span, type })
}

/** `dataset.root = …`: an argument or a field of the object, or an argument of the backbone, in a field. */
function checkInner(
  work: FieldWork,
  entry: FieldEntry,
  spec: FieldSpec,
  path: readonly string[],
  rest: readonly Ident[],
): void {
  const { checker, scope, set } = work
  const full = path.join('.')
  const type = present(set.get(full)?.type ?? work.inherited(full) ?? spec.type)
  const members = innerMembers(checker, type)
  const [first, ...deeper] = rest
  if (first === undefined) return
  if (members === undefined) {
    const span = pathSpan(entry.path, entry.span)
    if (type.kind === 'unknown') {
      // In a shared section, the object may come from the experiment that uses it.
      const inner = [full, ...rest.map((part) => part.text)].join('.')
      set.set(inner, { span, type: checker.infer(entry.value, scope) })
    } else report(checker, checkDiagnostic('ARC3215', { path: full }, span))
    return
  }
  let found = members.get(first.text)
  let at = first
  let outer = full
  for (const part of deeper) {
    outer = `${outer}.${at.text}`
    at = part
    if (found?.kind === 'object') {
      reportNested(work, entry, { full, outer, at, members })
      return
    }
    found = found?.kind === 'record' ? found.fields.get(part.text) : undefined
  }
  if (found === undefined) {
    const known = [...members.keys()]
    const meant = meantName(at.text, known)
    const fix = didYouMean(meant, at.span)
    const notes = known.length === 0 ? [] : [`it has ${quoteList(known)}`]
    const params = { owner: `\`${full}\``, what: 'argument or field', name: at.text }
    report(checker, checkDiagnostic('ARC3201', params, at.span, { notes, ...fix }))
    checker.infer(entry.value, scope)
    return
  }
  const inner = [...path, ...rest.map((part) => part.text)].join('.')
  const before = set.get(inner)
  if (before !== undefined && !before.shared) {
    const related = [{ span: before.span, message: 'first set here' }]
    report(checker, checkDiagnostic('ARC3203', { path: inner }, pathSpan(entry.path, entry.span), { related }))
  }
  const value = checkValue(work, entry, { type: found, what: `\`${inner}\`` })
  set.set(inner, { span: pathSpan(entry.path, entry.span), type: value })
}

/** A field of an object that a field holds: `machine.device.memory`. */
interface Nested {
  /** `machine` */
  readonly full: string
  /** `machine.device` */
  readonly outer: string
  readonly at: Ident
  /** What `machine` has. */
  readonly members: ReadonlyMap<string, Type>
}

/** The inner object belongs to the declaration that makes it: only its own arguments are set from outside, or another object. */
function reportNested({ checker, scope }: FieldWork, entry: FieldEntry, { full, outer, at, members }: Nested): void {
  const span = pathSpan(entry.path, entry.span)
  const short = `${full}.${at.text}`
  const fix = members.has(at.text) ? { fix: { message: `\`${short}\` sets it`, span, replacement: short } } : {}
  const notes = members.has(at.text) ? [] : [`set the whole object: \`${outer} = NAME(${at.text}: …)\``]
  report(checker, checkDiagnostic('ARC3286', { outer, name: at.text }, span, { notes, ...fix }))
  checker.infer(entry.value, scope)
}

/** Paths of all required fields, with their docs. */
export function requiredFields(
  spec: SectionSpec,
  prefix = '',
): readonly { readonly path: string; readonly doc: string }[] {
  const own = Object.entries(spec.fields)
    .filter(([, field]) => field.required)
    .map(([name, field]) => ({ path: prefix + name, doc: field.doc }))
  return [
    ...own,
    ...Object.entries(spec.sections).flatMap(([name, inner]) => requiredFields(inner, `${prefix}${name}.`)),
  ]
}
