/** Instances of margins, optimizers, schedules, devices, machines, data sets, augmentations and verification sets: arguments, fields on demand. */
import type { Entry, Expr, FieldEntry, ObjectDecl } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { boundParameters, homeOf } from '../names/inherit.ts'
import type { Module } from '../names/program.ts'
import { objectSpecs } from '../schema/objects.ts'
import { type FieldSpec, type Range, type SectionSpec, showRange, specOf } from '../schema/spec.ts'
import { isDimensionless } from '../types/dimension.ts'
import { percentExtras } from '../values/percent.ts'
import type { NumberValue, ObjectValue, Value } from '../values/value.ts'
import { bindParameters, conformArguments, type Given, matchArguments } from './arguments.ts'
import { conform } from './conform.ts'
import { bind, type Context, type Env, enterNesting, fail } from './context.ts'
import { defaultOf } from './default.ts'
import { failingPart, failRequire, holds, namesIn } from './requirement.ts'
import { showNumber } from './show.ts'

interface Instance {
  /** The arguments and `let`s of the declaration, and of each one that it extends. */
  readonly envs: Map<ObjectDecl, Env>
  readonly fields: Map<string, Value | 'open'>
}

const instances = new WeakMap<ObjectValue, Instance>()

function instanceOf(object: ObjectValue): Instance {
  let instance = instances.get(object)
  if (instance === undefined) {
    instance = { envs: new Map(), fields: new Map() }
    instances.set(object, instance)
  }
  return instance
}

function signatureOf(decl: ObjectDecl) {
  return { name: decl.name.text, parameters: decl.parameters }
}

/** Creates an instance, or copies one with some arguments changed; checks its `require`s. */
export function instantiate(
  base: { readonly decl: ObjectDecl; readonly module: Module } & Partial<ObjectValue>,
  given: readonly Given[],
  span: Span,
  context: Context,
): ObjectValue {
  const { decl, module } = base
  const signature = signatureOf(decl)
  const outer: Env = { module, locals: undefined }
  const matched = matchArguments(context, signature, given)
  const changed = conformArguments(context, signature, matched, outer)
  const values = new Map([...(base.arguments ?? []), ...changed])
  const all = { ...signature, parameters: boundParameters(decl) }
  const bound = bindParameters(context, all, values, outer, span)
  const overrides = base.overrides ?? new Map()
  const places = new Map([
    ...(base.places ?? []),
    ...[...matched].map(([name, argument]) => [name, argument.span] as const),
  ])
  const frame = context.frame ?? base.frame
  const object: ObjectValue = { kind: 'object', decl, module, arguments: bound.values, overrides, span, places, frame }
  checkRequires(object, context)
  return object
}

/** Arguments and `let`s in the scope of an entry: those of the declaration that it is written in, and its module. */
export function envOf(object: ObjectValue, entry: Entry, context: Context): Env {
  const { envs } = instanceOf(object)
  const home = homeOf(entry)
  const owner = home?.decl ?? object.decl
  const known = envs.get(owner)
  if (known !== undefined) return known
  let env: Env = { module: home?.module ?? object.module, locals: undefined }
  for (const [name, value] of object.arguments)
    if (home === undefined || home.visible.has(name)) env = bind(env, name, value)
  for (const inner of object.decl.entries)
    if (inner.kind === 'Let' && homeOf(inner)?.decl === home?.decl)
      env = bind(env, inner.name.text, context.session.evaluate(inner.value, env, context))
  envs.set(owner, env)
  return env
}

function checkRequires(object: ObjectValue, context: Context): void {
  if (objectSpecs[object.decl.keyword].requires !== 'arguments') return
  for (const entry of object.decl.entries) {
    if (entry.kind !== 'Require') continue
    const env = envOf(object, entry, context)
    if (!holds(entry.condition, env, context)) reportRequire(object, entry.condition, env, context)
  }
}

/** Reports it at the argument that breaks it, if it is one. */
function reportRequire(object: ObjectValue, condition: Expr, env: Env, context: Context): never {
  const broken = namesIn(failingPart(condition, env, context))
  const [argument, second] = [...object.places].filter(([name]) => broken.has(name))
  const span = argument === undefined || second !== undefined ? object.span : argument[1]
  return failRequire(object.decl.name.text, condition, span, env, context)
}

/** The context in which a field of an object is evaluated: mistakes in the standard library are reported where the object was created. */
function within(object: ObjectValue, value: Expr | undefined, context: Context): Context {
  const argument = value?.kind === 'Name' ? object.places.get(value.name) : undefined
  const span = argument ?? object.span
  const outer = object.frame ?? context.frame
  const depth = (outer?.depth ?? 0) + 1
  return { ...context, frame: { name: object.decl.name.text, target: object, path: undefined, span, outer, depth } }
}

/** The path of a field within its object: `links.within`. */
function findField(entries: readonly Entry[], path: readonly string[]): FieldEntry | undefined {
  let found: FieldEntry | undefined
  for (const entry of entries) {
    if (entry.kind === 'Field' && entry.path.map((part) => part.text).join('.') === path.join('.')) found = entry
    if (entry.kind === 'Section' && path.length > 1 && entry.name.text === path[0])
      found = findField(entry.entries, path.slice(1)) ?? found
  }
  return found
}

/** All paths below a body: `nodes`, `links.within`. */
export function fieldPaths(body: SectionSpec, prefix = ''): string[] {
  const own = Object.keys(body.fields).map((name) => `${prefix}${name}`)
  const nestedPaths = Object.entries(body.sections).flatMap(([name, section]) =>
    fieldPaths(section, `${prefix}${name}.`),
  )
  return [...own, ...nestedPaths]
}

/** Where a field is set, or the argument with its name is passed; `undefined` if it has its default. */
export function placeOfField({ decl, overrides, places, span }: ObjectValue, path: string): Span | undefined {
  if (overrides.has(path)) return places.get(path) ?? span
  return findField(decl.entries, path.split('.'))?.span ?? places.get(path)
}

/** Where the value of a field is written, without its name. */
export function placeOfValue(object: ObjectValue, path: string): Span | undefined {
  if (object.overrides.has(path)) return object.places.get(path) ?? object.span
  return findField(object.decl.entries, path.split('.'))?.value.span ?? object.places.get(path)
}

/** The value of a field: overridden, written, the argument with its name, or its default; `none` if it has none. */
export function fieldOf(object: ObjectValue, path: string, context: Context): Value {
  const { fields } = instanceOf(object)
  const known = fields.get(path)
  if (known === 'open') return fail(context, 'ARC4014', { name: path }, object.span)
  if (known !== undefined) return known
  enterNesting(context, object.span)
  fields.set(path, 'open')
  try {
    const value = evaluateField(object, path, context)
    fields.set(path, value)
    return value
  } finally {
    context.session.spent.nesting--
    if (fields.get(path) === 'open') fields.delete(path)
  }
}

function evaluateField(object: ObjectValue, path: string, context: Context): Value {
  const { decl } = object
  const parts = path.split('.')
  const spec = specOf(objectSpecs[decl.keyword].body, parts)
  if (spec === undefined)
    return fail(context, 'ARC4012', { what: `the ${decl.keyword} \`${decl.name.text}\``, name: path }, object.span)
  const full = `${decl.name.text}.${path}`
  const overridden = object.overrides.get(path)
  const place = object.places.get(path) ?? object.span
  if (overridden !== undefined)
    return checkRange(context, full, spec, conform(context, overridden, spec.type, place), place)
  const entry = findField(decl.entries, parts)
  if (entry !== undefined) {
    const inner = within(object, entry.value, context)
    const value = context.session.evaluate(entry.value, envOf(object, entry, context), inner, spec.type)
    const passed = entry.value.kind === 'Name' ? object.places.get(entry.value.name) : undefined
    return checkRange(inner, full, spec, conform(inner, value, spec.type, entry.value.span), passed ?? entry.value.span)
  }
  const argument = object.arguments.get(path)
  if (argument !== undefined)
    return checkRange(
      within(object, undefined, context),
      full,
      spec,
      conform(context, argument, spec.type, place),
      place,
    )
  if (spec.required)
    return fail(context, 'ARC4019', { keyword: decl.keyword, owner: decl.name.text, name: path }, object.span, {
      related: [{ span: decl.name.span, message: `\`${decl.name.text}\` is declared here` }],
      notes: [spec.doc],
    })
  return defaultOf(spec, context)
}

/** The value, unless it is a number, or a list with a number, outside the range of the field. */
export function checkRange(context: Context, path: string, spec: FieldSpec, value: Value, span: Span): Value {
  const { range } = spec
  if (range === undefined) return value
  if (value.kind === 'list') for (const item of value.items) checkRange(context, path, spec, item, span)
  if (value.kind !== 'number') return value
  const { min, max, minOpen = false, maxOpen = false } = range
  const low = min === undefined || (minOpen ? value.value > min : value.value >= min)
  const high = max === undefined || (maxOpen ? value.value < max : value.value <= max)
  if (low && high) return value
  const bounds = showRange(range, (bound) => showNumber({ value: bound, dimension: value.dimension }))
  const extras = percentMeant(value, range, span)
  const text = textOf(span)
  const found = /^[\d._]+%$/.test(text) ? `${text}, which is ${showNumber(value)}` : showNumber(value)
  return fail(context, 'ARC4020', { path, bounds, found }, span, {
    ...extras,
    notes: [...(extras.notes ?? []), spec.doc],
  })
}

/** 10 where a fraction is required: 10% was probably meant. */
function percentMeant({ value, dimension }: NumberValue, { max }: Range, span: Span): Extras {
  return isDimensionless(dimension) && max === 1 ? percentExtras(value, span) : {}
}

/** The value of an argument, a field or a whole section; `undefined` if there is none with this name. */
export function memberOf(object: ObjectValue, name: string, context: Context): Value | undefined {
  const { body } = objectSpecs[object.decl.keyword]
  if (specOf(body, [name]) !== undefined) return fieldOf(object, name, context)
  const section = Object.hasOwn(body.sections, name) ? body.sections[name] : undefined
  if (section === undefined) return object.arguments.get(name)
  const fields = fieldPaths(section).map((path) => [path, fieldOf(object, `${name}.${path}`, context)] as const)
  return { kind: 'record', fields: new Map(fields) }
}
