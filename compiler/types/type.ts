/** The language's static types. Shapes are not part of them: elaboration checks shapes, with the chain of blocks. */
import type { FunctionDecl, ObjectDecl, ObjectKeyword } from '../../grammar/ast.ts'
import { type Dimension, dimensionless } from './dimension.ts'

export type Type =
  | NumberType
  /** `device`: only known on the device; an `if` on it selects between two numbers. */
  | { readonly kind: 'bool'; readonly device?: boolean }
  /** `late`: it may be known only at the start of the run, as the value of an environment variable is. */
  | { readonly kind: 'string'; readonly late?: boolean }
  /** `128 per device` or `1024 global`. */
  | { readonly kind: 'batch' }
  /** `2000 steps` or `1 epochs`. */
  | { readonly kind: 'duration' }
  /** One of a few names, which need no `use`: `shard`, `f16`, `cuda`. */
  | EnumType
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Type> }
  | { readonly kind: 'optional'; readonly inner: Type }
  /** Either of several: `sets` takes names or strings. */
  | { readonly kind: 'union'; readonly members: readonly Type[] }
  /** A tensor: `Image` [N,H,W,C], `Tokens` [N,T,C], `Vector` [N,D] or any `Tensor`. */
  | { readonly kind: 'tensor'; readonly form: TensorForm }
  /** How a parameter starts: `normal(0.1)`, `constant(1)`. */
  | { readonly kind: 'initializer' }
  /** `nvlink(150 GB/s)` */
  | { readonly kind: 'link' }
  /** A backbone with its static arguments, not yet applied to images; `given` names those it has so far. */
  | { readonly kind: 'backbone'; readonly decl: FunctionDecl | undefined; readonly given?: ReadonlySet<string> }
  /** An instance of a margin, optimizer, schedule, device, machine, dataset or experiment. */
  | { readonly kind: 'object'; readonly keyword: ObjectKeyword; readonly decl: ObjectDecl | undefined }
  /** A `fn`, `block` or `extern fn`. */
  | { readonly kind: 'function'; readonly decl: FunctionDecl }
  /** Of something already reported; fits everywhere, in silence. */
  | { readonly kind: 'unknown' }

export type TensorForm = 'Tensor' | 'Image' | 'Tokens' | 'Vector'

export interface EnumType<M extends string = string> {
  readonly kind: 'enum'
  /** For people: `placement`. */
  readonly name: string
  readonly members: readonly M[]
}

export interface NumberType {
  readonly kind: 'number'
  readonly integer: boolean
  readonly dimension: Dimension
  /** True where the value is only known on the device: the scalar code of margins, optimizers and schedules. */
  readonly device: boolean
}

export const int: NumberType = { kind: 'number', integer: true, dimension: dimensionless, device: false }
export const float: NumberType = { kind: 'number', integer: false, dimension: dimensionless, device: false }
/** A dimensionless number known on the device. */
export const scalar: NumberType = { kind: 'number', integer: false, dimension: dimensionless, device: true }
export const bool = { kind: 'bool' } as const satisfies Type
export const string = { kind: 'string' } as const satisfies Type
export const batch = { kind: 'batch' } as const satisfies Type
export const duration = { kind: 'duration' } as const satisfies Type
export const link = { kind: 'link' } as const satisfies Type
export const unknown: Type = { kind: 'unknown' }

/** A static float of a dimension: `quantity({ byte: 1 })`. */
export function quantity(dimension: Dimension): NumberType {
  return { kind: 'number', integer: false, dimension, device: false }
}
export const angle = quantity({ radian: 1 })
export const bytes = quantity({ byte: 1 })
export const bandwidth = quantity({ byte: 1, second: -1 })
export const flopRate = quantity({ flop: 1, second: -1 })

// The types of these are as narrow as what they are given: the values of a field are typed by them (`schema/values.ts`).
export function listOf<T extends Type>(element: T): { readonly kind: 'list'; readonly element: T } {
  return { kind: 'list', element }
}
export function optional<T extends Type>(inner: T): { readonly kind: 'optional'; readonly inner: T } {
  return { kind: 'optional', inner }
}
export function unionOf<const M extends readonly Type[]>(
  ...members: M
): { readonly kind: 'union'; readonly members: M } {
  return { kind: 'union', members }
}
export function enumOf<const M extends readonly string[]>(name: string, members: M): EnumType<M[number]> {
  return { kind: 'enum', name, members }
}
export function objectOf(keyword: ObjectKeyword) {
  return { kind: 'object', keyword, decl: undefined } as const satisfies Type
}
