/** The fields of an experiment or of one of its variants; each is evaluated once. */
import type { FieldEntry, Ident, ObjectDecl, Parameter } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import { typeOfNode } from '../check/type-nodes.ts'
import type { Given } from '../evaluate/arguments.ts'
import { withArguments } from '../evaluate/backbone.ts'
import { conform } from '../evaluate/conform.ts'
import { attempt, type Context, fail } from '../evaluate/context.ts'
import { defaultOf } from '../evaluate/default.ts'
import { none } from '../evaluate/numbers.ts'
import { checkRange, fieldOf, fieldPaths, instantiate } from '../evaluate/object.ts'
import { showValue } from '../evaluate/show.ts'
import type { ExperimentPath, PlacedValue, ResolvedField } from '../experiment/experiment.ts'
import type { Declared } from '../names/program.ts'
import { experimentBody } from '../schema/experiment.ts'
import { objectSpecs } from '../schema/objects.ts'
import { specOf } from '../schema/spec.ts'
import type { Type } from '../types/type.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import {
  type Assignment,
  assign,
  type Collected,
  collectFields,
  type Patch,
  pathSpan,
  pathText,
  unknownPath,
  type Written,
} from './entries.ts'
import { placedValues } from './places.ts'
import { createReading } from './reading.ts'
import { chooseVariant } from './sweep.ts'

type SectionName = keyof typeof experimentBody.sections

export interface ExperimentFields {
  /** The name of the experiment or the variant. */
  readonly name: string
  /** `none` if a field has no value. */
  value(path: ExperimentPath): Value
  /** The value of a field as an expression reads it. */
  read(path: string, span: Span): Value
  /** The values of the fields of a section by name. */
  within(section: SectionName): (field: string) => Value
  /** Whether a text of the value is known only when the run starts. */
  isPending(path: ExperimentPath): boolean
  /** The place of the value; for a default, that of the experiment's name. */
  span(path: ExperimentPath): Span
  /** The place of the whole field, with its name; that of the value if it is not written as a field. */
  fieldSpan(path: ExperimentPath): Span
  /** The place of an element of a list; that of the value if it is not written as a list. */
  itemSpan(path: ExperimentPath, index: number): Span
  /** The level of the value (`Written`); -1 for a default. */
  level(path: ExperimentPath): number
  /** See `Experiment.writtenSpan`. */
  writtenSpan(path: string): Span | undefined
  /** See `Experiment.places`. */
  places(): readonly PlacedValue[]
  readonly requires: Collected['requires']
  readonly resolved: readonly ResolvedField[]
}

function writtenValue(written: Written, context: Context, type?: Type): Value {
  return written.value ?? context.session.evaluate(written.expr, written.env, context, type)
}

/** The value with one argument or field changed. */
function patchValue(value: Value, path: readonly Ident[], patch: Patch, context: Context): Value {
  const [first, ...rest] = path
  if (first === undefined) return value
  const span = pathSpan(patch.path, patch.expr.span)
  if (value.kind === 'backbone') {
    const names = value.decl.parameters.map((parameter) => parameter.name.text)
    if (rest.length > 0 || !names.includes(first.text)) return unknownPath(context, path, names, span)
    return withArguments(value, [argument(first, patch, value.decl.parameters, context)], context)
  }
  if (value.kind !== 'object') return unknownPath(context, path, [], span)
  const { body } = objectSpecs[value.decl.keyword]
  const parameter = value.decl.parameters.find((candidate) => candidate.name.text === first.text)
  if (parameter !== undefined) {
    if (rest.length === 0)
      return instantiate(value, [argument(first, patch, [parameter], context)], value.span, context)
    const inner = patchValue(value.arguments.get(first.text) ?? none, rest, patch, context)
    const given: Given = { name: first.text, nameSpan: first.span, value: inner, span: patch.expr.span }
    return instantiate(value, [given], value.span, context)
  }
  const texts = path.map((part) => part.text)
  const spec = specOf(body, texts)
  if (spec !== undefined) {
    const given = writtenValue(patch, context, spec.type)
    return overridden(value, texts.join('.'), conform(context, given, spec.type, patch.expr.span), patch, context)
  }
  const outer = specOf(body, [first.text])
  if (outer?.type.kind === 'object')
    return overridden(
      value,
      first.text,
      patchValue(fieldOf(value, first.text, context), rest, patch, context),
      patch,
      context,
    )
  const parameters = value.decl.parameters.map((candidate) => candidate.name.text)
  return unknownPath(context, path, [...parameters, ...fieldPaths(body)], span)
}

function argument(name: Ident, patch: Patch, parameters: readonly Parameter[], context: Context): Given {
  const type = parameters.find((parameter) => parameter.name.text === name.text)?.type
  const value = writtenValue(patch, context, type && typeOfNode(type))
  return { name: name.text, nameSpan: name.span, value, span: patch.expr.span }
}

function overridden(object: ObjectValue, path: string, value: Value, patch: Patch, context: Context): ObjectValue {
  const overrides = new Map([...object.overrides, [path, value]])
  const places = new Map([...object.places, [path, patch.expr.span]])
  return instantiate({ ...object, overrides, places }, [], object.span, context)
}

/** The value of a field with patches applied, or its default. */
function evaluateField(context: Context, path: string, assignment: Assignment | undefined, owner: ObjectDecl): Value {
  const spec = specOf(experimentBody, path.split('.')) ?? fail(context, 'ARC4204', { path }, owner.name.span)
  const written = assignment?.written
  if (written === undefined && spec.required)
    return fail(context, 'ARC4205', { experiment: owner.name.text, path }, owner.name.span, { notes: [spec.doc] })
  let value = none
  let span = owner.name.span
  if (written !== undefined) {
    span = written.expr.span
    value = writtenValue(written, context, spec.type)
  } else value = defaultOf(spec, context)
  for (const patch of assignment?.patches ?? []) {
    if (value.kind === 'none') {
      const place = pathSpan(patch.path, patch.expr.span)
      return fail(context, 'ARC4234', { path, field: pathText(patch.path) }, place, {
        notes: [`set all of it first: \`${path} = …\``, `\`${path}\`: ${spec.doc}`],
      })
    }
    value = patchValue(value, patch.path, patch, context)
  }
  if (value.kind === 'none' && written === undefined) return value
  return checkRange(context, path, spec, conform(context, value, spec.type, span), span)
}

function defaultText(path: string, context: Context): string | undefined {
  const spec = specOf(experimentBody, path.split('.'))
  return spec?.default === undefined ? undefined : showValue(defaultOf(spec, context))
}

/** Fields inside objects that were set by path, in order. */
function resolvedOverrides(path: string, value: Value): ResolvedField[] {
  if (value.kind !== 'object') return []
  return [...value.overrides].flatMap(([inner, given]) => [
    { path: `${path}.${inner}`, text: showValue(given), origin: 'override' as const, isDefault: false },
    ...resolvedOverrides(`${path}.${inner}`, given),
  ])
}

/** The last value for a path inside an object counts, whether from the file or from `--set`. */
function setInside(spans: Map<string, Span>, path: string, patch: Patch): void {
  const full = `${path}.${pathText(patch.path)}`
  if (patch.origin === 'file') spans.set(full, patch.expr.span)
  else spans.delete(full)
}

function hasPending(value: Value): boolean {
  return value.kind === 'list' ? value.items.some(hasPending) : value.kind === 'string' && value.pending !== undefined
}

/**
 * Evaluates all fields of the last experiment in the chain (`chain` starts with the one that extends no other). `undefined` if one of
 * them has an error; all are checked.
 */
export function evaluateFields(
  chain: readonly Declared[],
  name: string | undefined,
  overrides: readonly FieldEntry[],
  context: Context,
): ExperimentFields | undefined {
  const owner = chain.at(-1)
  if (owner === undefined) return undefined
  const reading = createReading(context)
  const collected = collectFields(chain, overrides, reading, context)
  let { complete } = collected
  const variant = attempt(() => ({ is: chooseVariant(name, owner.decl, [...collected.axes.values()], context) }))
  if (variant === undefined) return undefined
  for (const { path, written } of variant.is?.settings ?? []) attempt(() => assign(collected, path, written, context))

  reading.open((path) => evaluateField(context, path, collected.assignments.get(path), owner.decl))
  const values = new Map<string, Value>()
  const spans = new Map<string, Span>()
  const writtenSpans = new Map<string, Span>()
  const resolved: ResolvedField[] = []
  for (const path of fieldPaths(experimentBody)) {
    const assignment = collected.assignments.get(path)
    const last = assignment?.patches.at(-1) ?? assignment?.written
    const span = assignment?.written?.expr.span ?? last?.expr.span
    if (span !== undefined) spans.set(path, span)
    if (span !== undefined && last?.origin === 'file') writtenSpans.set(path, span)
    for (const patch of assignment?.patches ?? []) setInside(writtenSpans, path, patch)
    const value = attempt(() => reading.value(path, owner.decl.name.span))
    if (value === undefined) complete = false
    else {
      values.set(path, value)
      if (value.kind !== 'none') {
        const origin = last?.origin ?? 'default'
        const text = showValue(value)
        resolved.push(
          { path, text, origin, isDefault: text === defaultText(path, context) },
          ...resolvedOverrides(path, value),
        )
      }
    }
  }
  for (const evaluate of collected.lets) attempt(evaluate)
  if (!complete || context.session.bag.hasErrors) return undefined
  const span = (path: ExperimentPath) => spans.get(path) ?? owner.decl.name.span
  return {
    name: variant.is?.name ?? owner.decl.name.text,
    value: (path) => values.get(path) ?? none,
    read: reading.read,
    within: (section) => (field) => values.get(`${section}.${field}`) ?? none,
    isPending: (path) => hasPending(values.get(path) ?? none),
    span,
    fieldSpan: (path) => collected.assignments.get(path)?.written?.field ?? span(path),
    itemSpan(path, index) {
      const expr = collected.assignments.get(path)?.written?.expr
      return (expr?.kind === 'List' ? expr.items[index]?.span : undefined) ?? span(path)
    },
    level: (path) => collected.assignments.get(path)?.written?.level ?? -1,
    writtenSpan: (path) => writtenSpans.get(path),
    places: () =>
      [...values].flatMap(([path, value]) =>
        value.kind === 'none' ? [] : placedValues(path, value, collected.assignments.get(path)),
      ),
    requires: collected.requires,
    resolved,
  }
}
