/** How the fields of an object declaration are declared: types, defaults and docs, in one table per keyword. */
import type { ObjectKeyword } from '../../grammar/ast.ts'
import type { Type } from '../types/type.ts'

export interface FieldSpec<
  T extends Type = Type,
  R extends boolean = boolean,
  D extends string | undefined = string | undefined,
> {
  readonly type: T
  /** A required field has no default; the others are `undefined` or their default when left out. */
  readonly required: R
  /** As `.arc` text, which is evaluated in the scope of the standard library; `undefined` means "none". */
  readonly default: D
  readonly doc: string
  /** A closed range of static numbers, in base units; `open` ends are excluded. */
  readonly range?: {
    readonly min?: number
    readonly max?: number
    readonly minOpen?: boolean
    readonly maxOpen?: boolean
  }
}

export interface SectionSpec {
  readonly doc: string
  readonly fields: Readonly<Record<string, FieldSpec>>
  readonly sections: Readonly<Record<string, SectionSpec>>
}

/** A method that an object may or must define: `target(cos) = …`. Its parameters are numbers known on the device. */
export interface MethodSpec {
  readonly doc: string
  readonly required: boolean
  readonly parameters: readonly string[]
  /** What the body must be: a number, or a record with exactly the new weight and states. */
  readonly result: 'scalar' | 'update'
}

export interface ObjectSpec {
  readonly keyword: ObjectKeyword
  readonly body: SectionSpec
  readonly methods: Readonly<Record<string, MethodSpec>>
  /** Whether `state name = value` entries are allowed. */
  readonly states: boolean
  /** What a `require` speaks of: the object's own arguments, checked where it is made, or the finished plan. */
  readonly requires: 'arguments' | 'plan'
}

type Range = FieldSpec['range']

export function required<T extends Type>(type: T, doc: string, range?: Range): FieldSpec<T, true, undefined> {
  return { type, required: true, default: undefined, doc, ...(range === undefined ? {} : { range }) }
}

/** A field that may be left out; `fallback` is its default as `.arc` text. */
export function withDefault<T extends Type, D extends string | undefined>(
  type: T,
  fallback: D,
  doc: string,
  range?: Range,
): FieldSpec<T, false, D> {
  return { type, required: false, default: fallback, doc, ...(range === undefined ? {} : { range }) }
}
