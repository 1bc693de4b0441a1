/** How the fields of an object declaration are declared: types, defaults and docs, in one table per keyword. */
import type { StateEntry } from '../../grammar/ast.ts'
import { own } from '../types/own.ts'
import type { Type } from '../types/type.ts'
import type { MethodSpec } from './methods.ts'

export interface FieldSpec<
  T extends Type = Type,
  R extends boolean = boolean,
  D extends string | undefined = string | undefined,
> {
  readonly type: T
  /** A required field has no default; if other fields are omitted, they have their default or are `undefined`. */
  readonly required: R
  /** The default as `.arc` text, evaluated in the scope of the standard library; `undefined` means no default. */
  readonly default: D
  readonly doc: string
  readonly range?: Range
}

/** A closed range of static numbers, in base units; `open` ends are excluded. At least one end is given. */
export interface Range {
  readonly min?: number
  readonly max?: number
  readonly minOpen?: boolean
  readonly maxOpen?: boolean
}

/** `at least 1`, `in (0, 1]`; `show` writes a bound. */
export function showRange(
  { min, max, minOpen = false, maxOpen = false }: Range,
  show: (bound: number) => string,
): string {
  if (min === undefined) return `${maxOpen ? 'below' : 'at most'} ${show(max ?? Number.POSITIVE_INFINITY)}`
  if (max === undefined) return `${minOpen ? 'above' : 'at least'} ${show(min)}`
  return `in ${minOpen ? '(' : '['}${show(min)}, ${show(max)}${maxOpen ? ')' : ']'}`
}

export interface SectionSpec {
  readonly doc: string
  readonly fields: Readonly<Record<string, FieldSpec>>
  readonly sections: Readonly<Record<string, SectionSpec>>
  /** Fields of earlier versions, with what replaces them: messages say so instead of guessing. */
  readonly former?: Readonly<Record<string, string>>
}

export interface ObjectSpec {
  readonly body: SectionSpec
  readonly methods: Readonly<Record<string, MethodSpec>>
  /** The entries `state name = value` and `learn name = value` that are allowed. */
  readonly states: readonly StateEntry['keyword'][]
  /** What a `require` constrains: the object's own arguments, checked at construction, or the finished plan. */
  readonly requires: 'arguments' | 'plan'
}

/** The field at a path below a body. */
export function specOf(body: SectionSpec, path: readonly string[]): FieldSpec | undefined {
  const [first, ...rest] = path
  if (first === undefined) return undefined
  const section = own(body.sections, first)
  return rest.length === 0 ? own(body.fields, first) : section && specOf(section, rest)
}

export function required<T extends Type>(type: T, doc: string, range?: Range): FieldSpec<T, true, undefined> {
  return { type, required: true, default: undefined, doc, ...(range === undefined ? {} : { range }) }
}

/** An optional field; `fallback` is its default as `.arc` text. */
export function withDefault<T extends Type, D extends string | undefined>(
  type: T,
  fallback: D,
  doc: string,
  range?: Range,
): FieldSpec<T, false, D> {
  return { type, required: false, default: fallback, doc, ...(range === undefined ? {} : { range }) }
}
