/** Fields that an experiment does not have because other trainers do: how the same is said here, with the edit that says it. */
import type { Expr, Ident } from '../../grammar/ast.ts'
import type { Extras, Fix } from '../../grammar/diagnostic.ts'
import { joinSpans, textOf } from '../../grammar/source.ts'
import { type OtherSetting, otherSetting } from '../names/other-settings.ts'
import { own } from '../types/own.ts'
import type { FieldWork, Place } from './field-work.ts'
import { innerMembers } from './members.ts'

/** What is said about such a field, and the path of the one that it means. */
export interface Advice extends Extras {
  readonly notes: readonly string[]
  readonly path?: string
}

type Kind<K extends OtherSetting['kind']> = Extract<OtherSetting, { kind: K }>

/** How an unknown field is said here, if other trainers know it. */
export function adviceOn(work: FieldWork, ident: Ident, place: Place, value: Expr | undefined): Advice | undefined {
  if (work.keyword !== 'experiment') return undefined
  const setting = otherSetting(ident.text, Object.keys(place.spec.fields))
  switch (setting?.kind) {
    case 'field':
      return asField(work, ident, place, setting, value)
    case 'argument':
      return asArgument(work, ident, place, setting, value)
    case 'note':
      return { notes: [setting.note] }
    case undefined:
      return undefined
  }
}

/** A path as it is written in a section; `undefined` if the section does not reach it. */
function within({ path }: Place, full: readonly string[]): string | undefined {
  return path.every((part, index) => full[index] === part) ? full.slice(path.length).join('.') : undefined
}

/** The value here; of each element of the list in a `sweep`. */
function carried({ swept }: FieldWork, value: Expr | undefined, carry: Kind<'field'>['carry']): string | undefined {
  if (value === undefined || value.kind === 'Error') return undefined
  if (swept === undefined) return carry(textOf(value.span))
  const items = value.kind === 'List' ? value.items.map((item) => carry(textOf(item.span))) : [undefined]
  return items.includes(undefined) ? undefined : `[${items.join(', ')}]`
}

function edit(ident: Ident, value: Expr, replacement: string): { readonly fix: Fix } {
  return { fix: { message: `write \`${replacement}\``, span: joinSpans(ident.span, value.span), replacement } }
}

function asField(
  work: FieldWork,
  ident: Ident,
  place: Place,
  { path, usual, carry }: Kind<'field'>,
  value: Expr | undefined,
): Advice {
  const local = within(place, path.split('.'))
  const now = carried(work, value, carry)
  const said = `${local ?? path} = ${now ?? (work.swept ? `[${usual}, …]` : usual)}`
  if (work.given.has(path)) return { path, notes: [`did you mean \`${said}\`? \`${path}\` is set already`] }
  if (local === undefined || now === undefined || value === undefined)
    return { path, notes: [`did you mean \`${said}\`?`] }
  return { path, notes: [], ...edit(ident, value, said) }
}

/** An argument can be set behind its object, or with it where a schedule is not set. */
function asArgument(
  work: FieldWork,
  ident: Ident,
  place: Place,
  { owner, name, carry, maker }: Kind<'argument'>,
  value: Expr | undefined,
): Advice {
  const last = owner.slice(owner.lastIndexOf('.') + 1)
  // `lr` in `centers` is that of the centers' optimizer.
  const full = own(place.spec.fields, last) === undefined ? owner : [...place.path, last].join('.')
  const local = within(place, full.split('.'))
  const now = carried(work, value, carry)
  const example = work.swept ? [] : [`it is an argument of the ${last}, as in \`${last} = …(${name}: ${now ?? '…'})\``]
  if (local === undefined || now === undefined || value === undefined) return { notes: example }
  const type = work.set.get(full)?.type ?? work.inherited(full)
  if (type !== undefined && innerMembers(work.checker, type)?.has(name))
    return { notes: example, ...edit(ident, value, `${local}.${name} = ${now}`) }
  if (maker === undefined || type !== undefined || work.given.has(full) || work.swept) return { notes: example }
  return { notes: example, ...edit(ident, value, `${local} = ${maker}(${name}: ${now})`) }
}
