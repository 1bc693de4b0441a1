/**
 * The fields of an experiment: those that it and the experiments it extends write, with `--set` on top, each evaluated once. A path
 * into an object (`train.optimizer.lr`) changes that argument or field of the instance.
 */
import type { Entry, Expr, FieldEntry, Ident, ObjectDecl, RequireEntry } from '../../grammar/ast.ts'
import { joinSpans, type Span } from '../../grammar/source.ts'
import { nearest } from '../../grammar/suggest.ts'
import type { ResolvedField } from '../experiment.ts'
import type { Module } from '../names/program.ts'
import { experimentBody } from '../schema/experiment.ts'
import { objectSpecs } from '../schema/objects.ts'
import type { SectionSpec } from '../schema/spec.ts'
import { bindParameters, type Given } from './arguments.ts'
import { withArguments } from './backbone.ts'
import { conform } from './conform.ts'
import { attempt, bind, type Context, type Env, fail } from './context.ts'
import { defaultValue } from './default-value.ts'
import { none } from './numbers.ts'
import { checkRange, fieldOf, fieldPaths, instantiate, specOf } from './object.ts'
import { showValue } from './show.ts'
import type { ObjectValue, Value } from './value.ts'

type Origin = ResolvedField['origin']

interface Written {
  readonly expr: Expr
  readonly env: Env
  readonly origin: Origin
}
/** A change inside of a field's value. */
interface Patch extends Written {
  readonly path: readonly Ident[]
}
interface Assignment {
  written: Written | undefined
  readonly patches: Patch[]
}

/** An experiment in the chain of `extends`, with the module that holds it. */
export interface Declared {
  readonly decl: ObjectDecl
  readonly module: Module
}

export interface ExperimentFields {
  /** `none` where a field has no value. */
  value(path: string): Value
  /** Where the value is written; the experiment's name where it is a default. */
  span(path: string): Span
  readonly requires: readonly RequireEntry[]
  readonly resolved: readonly ResolvedField[]
}

/** Splits a path into a field of the experiment and what lies inside of its value. */
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

function pathSpan(path: readonly Ident[], fallback: Span): Span {
  const [first] = path
  const last = path.at(-1)
  return first === undefined || last === undefined ? fallback : joinSpans(first.span, last.span)
}

function unknownPath(context: Context, path: readonly Ident[], known: readonly string[], span: Span): never {
  const written = path.map((part) => part.text).join('.')
  const last = path.at(-1)?.text ?? written
  const meant = nearest(written, known) ?? known.find((candidate) => candidate.split('.').at(-1) === last)
  const fix = meant === undefined ? {} : { fix: { message: `did you mean \`${meant}\`?`, span, replacement: meant } }
  return fail(context, 'ARC4204', { path: written }, span, { ...fix, notes: [`fields are ${known.join(', ')}`] })
}

interface Collected {
  readonly assignments: Map<string, Assignment>
  readonly requires: RequireEntry[]
}

function collectEntries(
  collected: Collected,
  entries: readonly Entry[],
  prefix: readonly Ident[],
  env: Env,
  context: Context,
): void {
  for (const entry of entries) {
    if (entry.kind === 'Section') collectEntries(collected, entry.entries, [...prefix, entry.name], env, context)
    else if (entry.kind === 'Require') collected.requires.push(entry)
    else if (entry.kind === 'Field')
      attempt(() => collectField(collected, entry, prefix, { expr: entry.value, env, origin: 'file' }, context))
  }
}

function collectField(
  { assignments }: Collected,
  entry: FieldEntry,
  prefix: readonly Ident[],
  written: Written,
  context: Context,
): void {
  const path = [...prefix, ...entry.path]
  const split = splitPath(path)
  if (split === undefined) unknownPath(context, path, fieldPaths(experimentBody), pathSpan(entry.path, entry.span))
  const assignment = assignments.get(split.field)
  if (split.inside.length === 0) assignments.set(split.field, { written, patches: [] })
  else if (assignment === undefined)
    assignments.set(split.field, { written: undefined, patches: [{ ...written, path: split.inside }] })
  else assignment.patches.push({ ...written, path: split.inside })
}

/** The scope of an experiment's fields: its module, its parameters' defaults and its `let`s. */
function envOf({ decl, module }: Declared, context: Context): Env {
  const outer: Env = { module, locals: undefined }
  const required = decl.parameters.find((parameter) => parameter.default === undefined)
  if (required !== undefined) return fail(context, 'ARC4217', { name: decl.name.text }, required.span)
  const signature = { name: decl.name.text, parameters: decl.parameters }
  let { env } = bindParameters(context, signature, new Map(), outer, decl.name.span)
  for (const entry of decl.entries)
    if (entry.kind === 'Let') env = bind(env, entry.name.text, context.session.evaluate(entry.value, env, context))
  return env
}

/** The value with one argument or field of it changed. */
function patchValue(value: Value, path: readonly Ident[], patch: Patch, context: Context): Value {
  const [first, ...rest] = path
  if (first === undefined) return value
  const span = pathSpan(patch.path, patch.expr.span)
  if (value.kind === 'backbone') {
    const names = value.decl.parameters.map((parameter) => parameter.name.text)
    if (rest.length > 0 || !names.includes(first.text)) return unknownPath(context, path, names, span)
    return withArguments(value, [argument(first, patch, context)], context)
  }
  if (value.kind !== 'object') return unknownPath(context, path, [], span)
  const { body } = objectSpecs[value.decl.keyword]
  const parameter = value.decl.parameters.find((candidate) => candidate.name.text === first.text)
  if (parameter !== undefined) {
    if (rest.length === 0) return instantiate(value, [argument(first, patch, context)], value.span, context)
    const inner = patchValue(value.arguments.get(first.text) ?? none, rest, patch, context)
    const given: Given = { name: first.text, nameSpan: first.span, value: inner, span: patch.expr.span }
    return instantiate(value, [given], value.span, context)
  }
  const texts = path.map((part) => part.text)
  const spec = specOf(body, texts)
  if (spec !== undefined) {
    const given = context.session.evaluate(patch.expr, patch.env, context, spec.type)
    return overridden(value, texts.join('.'), conform(context, given, spec.type, patch.expr.span), context)
  }
  const outer = specOf(body, [first.text])
  if (outer?.type.kind === 'object')
    return overridden(value, first.text, patchValue(fieldOf(value, first.text, context), rest, patch, context), context)
  const parameters = value.decl.parameters.map((candidate) => candidate.name.text)
  return unknownPath(context, path, [...parameters, ...fieldPaths(body)], span)
}

function argument(name: Ident, patch: Patch, context: Context): Given {
  const value = context.session.evaluate(patch.expr, patch.env, context)
  return { name: name.text, nameSpan: name.span, value, span: patch.expr.span }
}

function overridden(object: ObjectValue, path: string, value: Value, context: Context): ObjectValue {
  const overrides = new Map([...object.overrides, [path, value]])
  return instantiate({ ...object, overrides }, [], object.span, context)
}

/** The value of a field with its patches, or its default. */
function evaluateField(context: Context, path: string, assignment: Assignment | undefined, owner: ObjectDecl): Value {
  const spec = specOf(experimentBody, path.split('.')) ?? fail(context, 'ARC4204', { path }, owner.name.span)
  const written = assignment?.written
  if (written === undefined && spec.required)
    return fail(context, 'ARC4205', { experiment: owner.name.text, path }, owner.name.span, { notes: [spec.doc] })
  let value = none
  let span = owner.name.span
  if (written !== undefined) {
    span = written.expr.span
    value = context.session.evaluate(written.expr, written.env, context, spec.type)
  } else if (path === 'train.schedule') {
    value = defaultSchedule(context, owner)
  } else if (spec.default !== undefined) value = defaultValue(spec.default, spec.type)
  for (const patch of assignment?.patches ?? []) value = patchValue(value, patch.path, patch, context)
  if (value.kind === 'none' && written === undefined) return value
  return checkRange(context, path, spec, conform(context, value, spec.type, span), span)
}

/** `constant()` of the standard library. */
function defaultSchedule(context: Context, owner: ObjectDecl): Value {
  for (const module of context.session.program.modules) {
    const definition = module.source.path === 'std/schedules.arc' ? module.own.get('constant') : undefined
    if (definition?.decl.kind === 'Object')
      return instantiate({ decl: definition.decl, module }, [], owner.name.span, context)
  }
  return fail(context, 'ARC4205', { experiment: owner.name.text, path: 'train.schedule' }, owner.name.span)
}

/** Fields of the values inside of objects that were set by path, in the order in which they were. */
function resolvedOverrides(path: string, value: Value): ResolvedField[] {
  if (value.kind !== 'object') return []
  return [...value.overrides].flatMap(([inner, given]) => [
    { path: `${path}.${inner}`, text: showValue(given), origin: 'override' as const },
    ...resolvedOverrides(`${path}.${inner}`, given),
  ])
}

/**
 * Evaluates every field of the experiment that ends the chain (`chain` begins with the one that extends no other). `undefined` where
 * one of them has a mistake; all are looked at.
 */
export function evaluateFields(
  chain: readonly Declared[],
  overrides: readonly FieldEntry[],
  entry: Module,
  context: Context,
): ExperimentFields | undefined {
  const owner = chain.at(-1)
  if (owner === undefined) return undefined
  const collected: Collected = { assignments: new Map(), requires: [] }
  let complete = true
  for (const declared of chain) {
    const env = attempt(() => envOf(declared, context))
    if (env === undefined) complete = false
    else collectEntries(collected, declared.decl.entries, [], env, context)
  }
  const env: Env = { module: entry, locals: undefined }
  for (const override of overrides)
    attempt(() => collectField(collected, override, [], { expr: override.value, env, origin: 'override' }, context))

  const values = new Map<string, Value>()
  const spans = new Map<string, Span>()
  const resolved: ResolvedField[] = []
  for (const path of fieldPaths(experimentBody)) {
    const assignment = collected.assignments.get(path)
    const last = assignment?.patches.at(-1) ?? assignment?.written
    spans.set(path, assignment?.written?.expr.span ?? last?.expr.span ?? owner.decl.name.span)
    const value = attempt(() => evaluateField(context, path, assignment, owner.decl))
    if (value === undefined) complete = false
    else {
      values.set(path, value)
      if (value.kind !== 'none') {
        const origin = last?.origin ?? 'default'
        resolved.push({ path, text: showValue(value), origin }, ...resolvedOverrides(path, value))
      }
    }
  }
  if (!complete || context.session.bag.hasErrors) return undefined
  return {
    value: (path) => values.get(path) ?? none,
    span: (path) => spans.get(path) ?? owner.decl.name.span,
    requires: collected.requires,
    resolved,
  }
}
