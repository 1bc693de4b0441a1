/** The variants of an experiment: one for each combination of the values in its `sweep`. */
import type { FieldEntry, Ident, ObjectDecl } from '../../grammar/ast.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { nearest } from '../../grammar/suggest.ts'
import { attempt, type Context, fail } from '../evaluate/context.ts'
import { describe, showValue } from '../evaluate/show.ts'
import type { Declared } from '../names/program.ts'
import { isVariantName, variantName } from '../names/variant-name.ts'
import { listOf } from '../types/type.ts'
import { type Axis, collectFields, pathText, type Written } from './entries.ts'
import { createReading } from './reading.ts'

/** The maximum number of variants; more are probably a mistake. */
const mostVariants = 1000

/** One value of a swept field. */
interface Setting {
  readonly path: readonly Ident[]
  readonly written: Written
}

export interface Variant {
  readonly name: string
  readonly settings: readonly Setting[]
}

interface Choice extends Setting {
  readonly text: string
  readonly span: Span
}

/** A value as in the name of a variant: on one line, with numbers without `_`. */
function compact(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/(?<=\d)_(?=\d)/g, '')
}

/** The values of an axis. Those of a written list are evaluated with the fields of their variant, which they may read. */
function choicesOf(axis: Axis, context: Context): readonly Choice[] {
  const { path, written, type } = axis
  const { expr, env } = written
  if (expr.kind === 'List' && expr.items.length > 0)
    return expr.items.map((item) => {
      const text = compact(textOf(item.span))
      return { path, text, span: item.span, written: { ...written, expr: item } }
    })
  const value = context.session.evaluate(expr, env, context, type && listOf(type))
  if (value.kind !== 'list')
    return fail(context, 'ARC4002', { found: describe(value), wanted: 'a list of values' }, expr.span)
  if (value.items.length === 0) return fail(context, 'ARC4220', { path: pathText(path) }, expr.span)
  return value.items.map((item) => ({
    path,
    text: showValue(item),
    span: expr.span,
    written: { ...written, value: item },
  }))
}

/** The choices that a variant makes together: one for a field, or one for each field of a `zip`. */
type Tuple = readonly Choice[]

/** A field, or the fields of a `zip`, each with as many values as the others. */
function tuplesOf(axes: readonly Axis[], context: Context): readonly Tuple[] {
  const columns = axes.map((axis) => ({ axis, choices: choicesOf(axis, context) }))
  const [first, ...others] = columns
  if (first === undefined) return []
  for (const { axis, choices } of others) {
    if (choices.length === first.choices.length) continue
    const found = {
      path: pathText(axis.path),
      count: choices.length,
      first: pathText(first.axis.path),
      wanted: first.choices.length,
    }
    const related = [{ span: first.axis.written.expr.span, message: `${first.choices.length} values` }]
    return fail(context, 'ARC4281', found, axis.written.expr.span, { related })
  }
  const tuples = first.choices.map((_, i) => columns.flatMap(({ choices }) => choices[i] ?? []))
  refuseTwins(tuples, context)
  return tuples
}

function refuseTwins(tuples: readonly Tuple[], context: Context): void {
  const seen = new Map<string, Span>()
  for (const tuple of tuples) {
    const [head] = tuple
    if (head === undefined) continue
    const text = tuple.map((choice) => choice.text).join(', ')
    const path = tuple.map((choice) => pathText(choice.path)).join(', ')
    const first = seen.get(text)
    if (first !== undefined)
      fail(context, 'ARC4221', { path, text }, head.span, { related: [{ span: first, message: 'first here' }] })
    seen.set(text, head.span)
  }
}

/** The axes that vary together, in the order of their first ones. */
function groupsOf(axes: readonly Axis[]): readonly (readonly Axis[])[] {
  const groups = new Map<object, Axis[]>()
  for (const axis of axes) {
    const key = axis.zip ?? axis
    groups.set(key, [...(groups.get(key) ?? []), axis])
  }
  return [...groups.values()]
}

/** All variants; the first field, or `zip`, varies slowest. */
export function variantsOf(owner: ObjectDecl, axes: readonly Axis[], context: Context): readonly Variant[] {
  let combinations: readonly Tuple[] = [[]]
  for (const group of groupsOf(axes)) {
    const tuples = tuplesOf(group, context)
    const count = combinations.length * tuples.length
    const span = group[0]?.written.expr.span ?? owner.name.span
    if (count > mostVariants) return fail(context, 'ARC4222', { count, most: mostVariants }, span)
    combinations = combinations.flatMap((before) => tuples.map((tuple) => [...before, ...tuple]))
  }
  return combinations.map((settings) => ({
    name: variantName(
      owner.name.text,
      settings.map(({ path, text }) => ({ field: pathText(path), value: text })),
    ),
    settings,
  }))
}

/** The variant with a name; reports a diagnostic if there is none, or if the name is ambiguous. */
export function chooseVariant(
  name: string | undefined,
  owner: ObjectDecl,
  axes: readonly Axis[],
  context: Context,
): Variant | undefined {
  const isNamed = name !== undefined && isVariantName(name)
  if (axes.length === 0) {
    if (isNamed)
      fail(context, 'ARC4203', { name }, owner.name.span, { notes: [`\`${owner.name.text}\` has no variants`] })
    return undefined
  }
  const variants = variantsOf(owner, axes, context)
  const names = variants.map((variant) => variant.name)
  const found = variants.find((variant) => isNamed && variant.name === name)
  if (found !== undefined) return found
  const few = names.slice(0, 3).map((known) => `\`${known}\``)
  const rest = names.length > few.length ? ` and ${names.length - few.length} more` : ''
  const notes = [`its variants are ${few.join(', ')}${rest}`]
  if (!isNamed)
    return fail(context, 'ARC4223', { name: owner.name.text, count: names.length }, owner.name.span, { notes })
  const meant = nearest(name, names)
  return fail(context, 'ARC4203', { name }, owner.name.span, {
    notes: meant === undefined ? notes : [`did you mean \`${meant}\`?`, ...notes],
  })
}

/** The names of the variants; the experiment's own name without a sweep; `undefined` if errors leave them unknown. */
export function variantNames(
  chain: readonly Declared[],
  overrides: readonly FieldEntry[],
  context: Context,
): readonly string[] | undefined {
  const owner = chain.at(-1)
  const { axes, complete } = collectFields(chain, overrides, createReading(context), context)
  if (owner === undefined) return undefined
  if (axes.size === 0) return [owner.decl.name.text]
  if (!complete) return undefined
  return attempt(() => variantsOf(owner.decl, [...axes.values()], context).map(({ name }) => name))
}
