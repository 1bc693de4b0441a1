/**
 * TypeScript types derived from the schema tables: `SectionValues<typeof train>` has a member for each field, in base units
 * (bytes, seconds, radians …). The language's field `sample_rate` is `sampleRate` here.
 */
import type { Type } from '../types/type.ts'
import type {
  AverageValue,
  BackboneValue,
  BatchValue,
  DurationValue,
  Link,
  ObjectValue,
  RateGroupValue,
  ScalingValue,
  ToleranceValue,
} from '../values/value.ts'
import type { FieldSpec, SectionSpec } from './spec.ts'

/** `sample_rate` → `sampleRate`: the name of a field in TypeScript. */
type MemberName<N> = N extends `${infer Head}_${infer Rest}` ? `${Head}${Capitalize<MemberName<Rest>>}` : N

/** `sample_rate` → `sampleRate` */
export function memberName(field: string): string {
  return field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** A path that may be known only when the run starts; until then, `pending` names the environment variable. */
export interface LateText {
  readonly path: string
  readonly pending: string | undefined
}

/** The value of a field of a type. */
type ValueOf<T extends Type> = T extends { readonly kind: 'enum'; readonly members: readonly (infer M)[] }
  ? M
  : T extends { readonly kind: 'union'; readonly members: readonly (infer M extends Type)[] }
    ? ValueOf<M>
    : T extends { readonly kind: 'optional'; readonly inner: infer I extends Type }
      ? ValueOf<I> | undefined
      : T extends { readonly kind: 'list'; readonly element: infer E extends Type }
        ? readonly ValueOf<E>[]
        : T extends { readonly kind: 'string'; readonly late: true }
          ? LateText
          : T extends { readonly kind: infer K extends keyof PlainValues }
            ? PlainValues[K]
            : never

interface PlainValues {
  readonly number: number
  readonly bool: boolean
  readonly string: string
  readonly batch: BatchValue
  readonly duration: DurationValue
  readonly link: Link
  readonly tolerance: ToleranceValue
  readonly rate_group: RateGroupValue
  readonly average: AverageValue
  readonly lr_scaling: ScalingValue
  readonly object: ObjectValue
  readonly backbone: BackboneValue
}

/** The value of a field; `undefined` is possible if it is optional and has no default. */
type FieldValue<F extends FieldSpec> =
  F extends FieldSpec<infer T, infer R, infer D>
    ? ValueOf<T> | (R extends true ? never : D extends string ? never : undefined)
    : never

/** The values of a section's own fields. */
export type SectionValues<S extends SectionSpec> = {
  readonly [K in keyof S['fields'] as MemberName<K>]: FieldValue<S['fields'][K]>
}

/** The values of an object's fields, and of its sections by name; sections are not nested further. */
export type ObjectValues<S extends SectionSpec> = SectionValues<S> & {
  readonly [K in keyof S['sections'] as MemberName<K>]: SectionValues<S['sections'][K]>
}

/** A section in which a field that takes objects has their resolved values instead. */
export type Resolved<S, K extends keyof S, V> = { readonly [P in keyof S]: P extends K ? V : S[P] }

/** A value, or `auto` if the planner chooses it. */
export type Auto<T> = T | 'auto'

/** A section without `auto`; the fields in `Open` can still be `auto`. */
export type Settled<S, Open extends keyof S = never> = {
  readonly [K in keyof S]: K extends Open ? S[K] : Exclude<S[K], 'auto'>
}

/** Paths of a section's fields: `train.batch`. */
type PathsBelow<S extends SectionSpec, P extends string> = `${P}${keyof S['fields'] & string}`

/** Every path of a body: `dataset`, `train.batch`. */
export type FieldPath<S extends SectionSpec> =
  | PathsBelow<S, ''>
  | { [K in keyof S['sections'] & string]: PathsBelow<S['sections'][K], `${K}.`> }[keyof S['sections'] & string]
