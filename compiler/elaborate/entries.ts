/**
 * The entries of an experiment and its bases by field, with `--set` applied. A path into an object (`train.optimizer.lr`) changes
 * that argument or field of the instance; a path below `sweep` lists values for a field.
 */
import type { Entry, Expr, FieldEntry, Ident, LetDecl, RequireEntry } from '../../grammar/ast.ts'
import { joinSpans, type Span } from '../../grammar/source.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { noValue } from '../check/fit.ts'
import { typeOfNode } from '../check/type-nodes.ts'
import { bindParameters } from '../evaluate/arguments.ts'
import { conformToNode } from '../evaluate/conform.ts'
import { attempt, bindLazily, type Context, type Env, fail } from '../evaluate/context.ts'
import { fieldPaths } from '../evaluate/object.ts'
import { describe } from '../evaluate/show.ts'
import type { ResolvedField } from '../experiment/experiment.ts'
import type { Declared } from '../names/program.ts'
import { experimentBody, zipName } from '../schema/experiment.ts'
import { type SectionSpec, specOf } from '../schema/spec.ts'
import type { Type } from '../types/type.ts'
import type { Value } from '../values/value.ts'
import { lazily, type Reading, withFields } from './reading.ts'

export interface Written {
  readonly expr: Expr
  readonly env: Env
  readonly origin: ResolvedField['origin']
  /**
   * Where in the chain of `extends` it is written: 0 for the outermost base; `--set` is after the last one. Shared sections of a level
   * are before it, in their order.
   */
  readonly level: number
  /** All of the field, with its name; missing for a value that a sweep lists. */
  readonly field?: Span
  /** Set if the value is already evaluated: one of the values of a swept field. */
  readonly value?: Value
}
/** A change inside the value of a field. */
export interface Patch extends Written {
  readonly path: readonly Ident[]
}
export interface Assignment {
  written: Written | undefined
  readonly patches: Patch[]
}

/** A swept field and its list of values. */
export interface Axis {
  /** The `zip` that it belongs to, whose fields take their values together. */
  readonly zip: object | undefined
  readonly path: readonly Ident[]
  readonly written: Written
  /** The type of one value; `undefined` inside an object. */
  readonly type: Type | undefined
}

export function pathText(path: readonly Ident[]): string {
  return path.map((part) => part.text).join('.')
}

/** Splits a path into a field of the experiment and the rest, inside its value. */
function splitPath(path: readonly Ident[]): { readonly field: string; readonly inside: readonly Ident[] } | undefined {
  let body: SectionSpec = experimentBody
  for (const [index, part] of path.entries()) {
    if (Object.hasOwn(body.fields, part.text)) {
      const field = path.slice(0, index + 1)
      return { field: field.map((ident) => ident.text).join('.'), inside: path.slice(index + 1) }
    }
    const section = Object.hasOwn(body.sections, part.text) ? body.sections[part.text] : undefined
    if (section === undefined) return undefined
    body = section
  }
  return undefined
}

/** The span from the first to the last part of a path. */
export function pathSpan(path: readonly Ident[], fallback: Span): Span {
  const [first] = path
  const last = path.at(-1)
  return first === undefined || last === undefined ? fallback : joinSpans(first.span, last.span)
}

/** Reports a path that names no field, with a suggestion. */
export function unknownPath(context: Context, path: readonly Ident[], known: readonly string[], span: Span): never {
  const written = path.map((part) => part.text).join('.')
  const last = path.at(-1)?.text ?? written
  const meant = nearest(written, known) ?? known.find((candidate) => candidate.split('.').at(-1) === last)
  const fix = didYouMean(meant, span)
  return fail(context, 'ARC4204', { path: written }, span, { ...fix, notes: [`fields are ${known.join(', ')}`] })
}

export interface Collected {
  readonly assignments: Map<string, Assignment>
  readonly requires: { readonly entry: RequireEntry; readonly env: Env }[]
  /** Evaluates the `let`s of the experiments; those that no field uses may have mistakes too. */
  readonly lets: (() => Value)[]
  /** Swept fields by path. The last entry counts: a list here, or one value for the field. */
  readonly axes: Map<string, Axis>
  /** The number of shared sections so far. */
  shared: number
  /** False if errors excluded an entry. */
  readonly complete: boolean
}

/** The place of entries: their scope, and the `zip` around them. */
interface Place extends Pick<Written, 'env' | 'level' | 'origin'> {
  readonly zip: object | undefined
}

/** `zip { … }` in `sweep`. */
function isZip(path: readonly Ident[]): boolean {
  return path.length === 2 && path[0]?.text === 'sweep' && path[1]?.text === zipName
}

/** Collects entries and the experiment's way to read its own fields in shared sections. */
export interface Collecting {
  readonly collected: Collected
  readonly reading: Reading
  readonly context: Context
}

function collectEntries(work: Collecting, entries: readonly Entry[], prefix: readonly Ident[], place: Place): void {
  for (const entry of entries) {
    if (entry.kind === 'Section') {
      const path = [...prefix, entry.name]
      if (isZip(path)) collectEntries(work, entry.entries, prefix, { ...place, zip: entry })
      else collectEntries(work, entry.entries, path, place)
    } else if (entry.kind === 'Require') work.collected.requires.push({ entry, env: place.env })
    else if (entry.kind === 'Field') attempt(() => collectField(work, entry, prefix, place))
  }
}

function collectField(work: Collecting, entry: FieldEntry, prefix: readonly Ident[], place: Place): void {
  const { collected, context } = work
  const { zip, ...where } = place
  const written: Written = { expr: entry.value, field: entry.span, ...where }
  const path = [...prefix, ...entry.path]
  if (sectionOf(path) !== undefined) {
    collectShared(work, path, written)
    return
  }
  const [first, ...rest] = path
  if (first?.text !== 'sweep' || rest.length === 0) {
    assign(collected, path, written, context)
    return
  }
  const { field, inside } = splitKnown(rest, context, pathSpan(entry.path, entry.span))
  const type = inside.length === 0 ? specOf(experimentBody, field.split('.'))?.type : undefined
  const key = pathText(rest)
  collected.axes.delete(key)
  collected.axes.set(key, { path: rest, written, type, zip })
}

/** The section of an experiment that a path names. */
function sectionOf(path: readonly Ident[]): string | undefined {
  const [first, second] = path
  return (
    (second === undefined && Object.keys(experimentBody.sections).find((name) => name === first?.text)) || undefined
  )
}

/** `train = recipe`: takes over the entries of a section that a `let` has. */
function collectShared(work: Collecting, path: readonly Ident[], written: Written): void {
  const { context, reading, collected } = work
  const { expr, env, level, origin } = written
  const name = pathText(path)
  const value = context.session.evaluate(expr, env, context)
  if (value.kind !== 'section' || value.name !== name)
    fail(context, 'ARC4279', { name, found: describe(value) }, expr.span)
  const own = value.env.locals === undefined ? withFields(value.env.module, reading, expr.span) : value.env
  collected.shared++
  const before = level - 1 / (collected.shared + 1)
  collectEntries(work, value.entries, path, { env: own, level: before, origin, zip: undefined })
}

/** Sets the field of a path, or changes a part of its value; this ends its sweep. */
export function assign(collected: Collected, path: readonly Ident[], written: Written, context: Context): void {
  const { assignments, axes } = collected
  const { field, inside } = splitKnown(path, context, pathSpan(path, written.expr.span))
  axes.delete(pathText(path))
  endRivalSweep(axes, field, written)
  const assignment = assignments.get(field)
  if (inside.length === 0) assignments.set(field, { written, patches: [] })
  else if (assignment === undefined)
    assignments.set(field, { written: undefined, patches: [{ ...written, path: inside }] })
  else assignment.patches.push({ ...written, path: inside })
}

/** The two ways to set the length of a run: of different levels, the later one counts. */
export const lengthPaths = ['train.epochs', 'train.steps'] as const

/** A length ends the sweep of an earlier experiment over the other way to set it. */
function endRivalSweep(axes: Map<string, Axis>, field: string, { expr, level }: Written): void {
  const isLength = lengthPaths.some((path) => path === field)
  const rival = isLength ? lengthPaths.find((path) => path !== field) : undefined
  const axis = rival === undefined ? undefined : axes.get(rival)
  const isNothing = expr.kind === 'Name' && expr.name === noValue
  if (rival !== undefined && axis !== undefined && axis.written.level < level && !isNothing) axes.delete(rival)
}

function splitKnown(path: readonly Ident[], context: Context, span: Span) {
  return splitPath(path) ?? unknownPath(context, path, fieldPaths(experimentBody), span)
}

/** The scope of the fields of an experiment: its module, the defaults of its parameters, and its `let`s. */
function envOf({ decl, module }: Declared, { collected, reading, context }: Collecting): Env {
  const outer = withFields(module, reading, decl.name.span)
  const required = decl.parameters.find((parameter) => parameter.default === undefined)
  if (required !== undefined) return fail(context, 'ARC4217', { name: decl.name.text }, required.span)
  const signature = { name: decl.name.text, parameters: decl.parameters }
  let { env } = bindParameters(context, signature, new Map(), outer, decl.name.span)
  for (const entry of decl.entries)
    if (entry.kind === 'Let') {
      const before = env
      const { text, span } = entry.name
      const value = lazily(text, span, context, () => letValue(entry, before, context))
      collected.lets.push(value)
      env = bindLazily(env, text, value)
    }
  return env
}

function letValue({ name, type, value }: LetDecl, env: Env, context: Context): Value {
  const found = context.session.evaluate(value, env, context, type && typeOfNode(type))
  return type === undefined ? found : conformToNode(context, type, found, env, value.span, `\`${name.text}\``)
}

/** The entries of the experiments of the chain, the outermost base first, and the overrides. */
export function collectFields(
  chain: readonly Declared[],
  overrides: readonly FieldEntry[],
  reading: Reading,
  context: Context,
): Collected {
  const collected = { assignments: new Map(), requires: [], lets: [], axes: new Map(), shared: 0, complete: true }
  const work: Collecting = { collected, reading, context }
  for (const [level, declared] of chain.entries()) {
    const env = attempt(() => envOf(declared, work))
    if (env === undefined) collected.complete = false
    else collectEntries(work, declared.decl.entries, [], { env, level, origin: 'file', zip: undefined })
  }
  const { settings } = context.session.program
  for (const override of overrides)
    attempt(() => {
      const env = withFields(settings, reading, override.span)
      collectField(work, override, [], { env, level: chain.length, origin: 'override', zip: undefined })
    })
  return collected
}
