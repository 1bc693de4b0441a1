/** The fields of an experiment as its own expressions see them: `0.1 * train.batch / 512`. */
import type { Entry } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import type { Declared, Module } from '../names/program.ts'
import { experimentBody } from '../schema/experiment.ts'
import { objectSpecs, requireQuantities } from '../schema/objects.ts'
import { readableNames } from '../schema/readable.ts'
import { specOf } from '../schema/spec.ts'
import { int, type Type } from '../types/type.ts'
import { bindLater, type Checker, innerScope, moduleScope, type Scope } from './checker.ts'
import { bindLets } from './control.ts'
import { sectionType } from './members.ts'

/** The type of a field that is read; `chain` is the experiment and its bases, which may say which optimizer it is. */
function readType(checker: Checker, path: string, declared: Type, chain: readonly Declared[] | undefined): Type {
  // The number of samples of a step; a batch has no arithmetic.
  if (path === 'train.batch') return int
  const kind = declared.kind === 'optional' ? declared.inner.kind : declared.kind
  const isObject = kind === 'object' || kind === 'backbone'
  return (isObject ? baseField(checker, chain, path) : undefined) ?? declared
}

/** A scope of the module with the fields and sections of the experiment that an expression can read. */
export function fieldScope(
  checker: Checker,
  module: Module,
  span: Span,
  chain: readonly Declared[] | undefined,
): Scope {
  const scope = moduleScope(module, undefined)
  const { fields, sections } = readableNames(module)
  for (const name of fields)
    bindLater(scope, name, () => readType(checker, name, experimentBody.fields[name].type, chain), span, 'field')
  for (const name of sections) bindLater(scope, name, () => readSection(checker, name, chain), span, 'field')
  return scope
}

function readSection(
  checker: Checker,
  name: keyof typeof experimentBody.sections,
  chain: readonly Declared[] | undefined,
): Type {
  const type = sectionType(experimentBody.sections[name])
  if (type.kind !== 'record') return type
  const read = [...type.fields].map(([field, declared]): [string, Type] => [
    field,
    readType(checker, `${name}.${field}`, declared, chain),
  ])
  return { kind: 'record', fields: new Map(read) }
}

/** An experiment in a test: its fields and sections, and the figures of its plan. */
export function experimentType(checker: Checker, chain: readonly Declared[]): Type {
  const { fields, sections } = readableNames({ scope: new Map() })
  const record = (entries: readonly (readonly [string, Type])[]): Type => ({ kind: 'record', fields: new Map(entries) })
  return record([
    ...fields.map((name) => [name, readType(checker, name, experimentBody.fields[name].type, chain)] as const),
    ...sections.map((name) => [name, readSection(checker, name, chain)] as const),
    ['memory', record([['peak', requireQuantities['memory.peak']]])],
    ['step', record([['time', requireQuantities['step.time']]])],
    ['throughput', requireQuantities.throughput],
  ])
}

/** The type of a field set by one of the experiments; the nearest one that sets it counts. Reports nothing. */
export function baseField(checker: Checker, bases: readonly Declared[] | undefined, path: string): Type | undefined {
  const silent = checker.silent()
  for (const { decl, module } of bases ?? []) {
    const scope = innerScope(fieldScope(silent, module, decl.name.span, undefined))
    bindLets(
      silent,
      decl.entries.filter((entry) => entry.kind === 'Let'),
      scope,
    )
    const type = typeAt(silent, decl.entries, path.split('.'), '', scope)
    if (type !== undefined) return type
  }
  return undefined
}

/** The type of the last entry that sets a field: by its path, inside a section, or with a shared section. */
function typeAt(
  checker: Checker,
  entries: readonly Entry[],
  path: readonly string[],
  outer: string,
  scope: Scope,
): Type | undefined {
  const [first, ...rest] = path
  const full = `${outer}${path.join('.')}`
  for (const entry of entries.toReversed()) {
    if (entry.kind === 'Section' && entry.name.text === first) {
      const inside = typeAt(checker, entry.entries, rest, `${outer}${first}.`, scope)
      if (inside !== undefined) return inside
    }
    if (entry.kind !== 'Field') continue
    const written = entry.path.map((part) => part.text).join('.')
    if (written === path.join('.'))
      return checker.infer(entry.value, scope, specOf(objectSpecs.experiment.body, full.split('.'))?.type)
    if (!path.join('.').startsWith(`${written}.`) || entry.value.kind === 'Error') continue
    const shared = checker.infer(entry.value, scope)
    const type = shared.kind === 'section' ? shared.fields.get(full) : undefined
    if (type !== undefined) return type
  }
  return undefined
}
