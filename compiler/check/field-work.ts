/** What the checks of an object's fields share. */
import type { ObjectKeyword } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import type { SectionSpec } from '../schema/spec.ts'
import type { Type } from '../types/type.ts'
import type { Checker, Scope } from './checker.ts'

/** The fields that an object sets, by path, with their places and types; `shared`: by a shared section, which entries may change. */
export type SetFields = Map<string, { readonly span: Span; readonly type: Type; readonly shared?: true }>

/** The object being checked, and the fields that it has set so far. */
export interface FieldWork {
  readonly checker: Checker
  readonly keyword: ObjectKeyword
  /** The paths that the declaration sets anywhere: by entries and parameters. */
  readonly given: ReadonlySet<string>
  readonly scope: Scope
  readonly set: SetFields
  /** Paths of fields and sections that are probably misspelled elsewhere: they are not reported as missing. */
  readonly meant: Set<string>
  /** The type of a field that a base experiment sets: `dataset.root = …` changes an argument of it. */
  readonly inherited: (path: string) => Type | undefined
  /** Inside `sweep`: every field takes a list of values. */
  readonly swept?: true
}

/** The position of entries: the section with its path, empty for the object itself. */
export interface Place {
  readonly spec: SectionSpec
  readonly path: readonly string[]
}
