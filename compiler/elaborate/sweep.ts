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
}

/** A value as in the name of a variant: on one line, with numbers without `_`. */
function compact(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/(?<=\d)_(?=\d)/g, '')
}

function choicesOf(axis: Axis, context: Context): readonly Choice[] {
  const { path, written, type } = axis
  const { expr, env } = written
  const value = context.session.evaluate(expr, env, context, type && listOf(type))
  if (value.kind !== 'list')
    return fail(context, 'ARC4002', { found: describe(value), wanted: 'a list of values' }, expr.span)
  if (value.items.length === 0) return fail(context, 'ARC4220', { path: pathText(path) }, expr.span)
  const seen = new Map<string, Span>()
  return value.items.map((item, i) => {
    const own = expr.kind === 'List' ? expr.items[i] : undefined
    const span = own?.span ?? expr.span
    const text = own === undefined ? showValue(item) : compact(textOf(own.span))
    const first = seen.get(text)
    if (first !== undefined)
      return fail(context, 'ARC4221', { path: pathText(path), text }, span, {
        related: [{ span: first, message: 'first here' }],
      })
    seen.set(text, span)
    return { path, text, written: { ...written, expr: own ?? expr, value: item } }
  })
}

/** All variants; the first field varies slowest. */
export function variantsOf(owner: ObjectDecl, axes: readonly Axis[], context: Context): readonly Variant[] {
  let combinations: readonly (readonly Choice[])[] = [[]]
  for (const axis of axes) {
    const choices = choicesOf(axis, context)
    const count = combinations.length * choices.length
    if (count > mostVariants) return fail(context, 'ARC4222', { count, most: mostVariants }, axis.written.expr.span)
    combinations = combinations.flatMap((before) => choices.map((choice) => [...before, choice]))
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
  const { axes, complete } = collectFields(chain, overrides, context)
  if (owner === undefined) return undefined
  if (axes.size === 0) return [owner.decl.name.text]
  if (!complete) return undefined
  return attempt(() => variantsOf(owner.decl, [...axes.values()], context).map(({ name }) => name))
}
