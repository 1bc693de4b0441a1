/** The static types of the language. They do not include shapes, which elaboration checks and reports with the chain of blocks. */
import type { FunctionDecl, ObjectDecl, ObjectKeyword } from '../../grammar/ast.ts'
import { type Dimension, dimensionless } from './dimension.ts'

export type Type =
  | NumberType
  /** `device`: known only on the device; an `if` on it selects between two numbers. */
  | { readonly kind: 'bool'; readonly device?: boolean }
  /** `late`: may be known only when the run starts, like the value of an environment variable. */
  | { readonly kind: 'string'; readonly late?: boolean }
  /** `128 per device` or `1024 global`. */
  | { readonly kind: 'batch' }
  /** `2000 steps` or `1 epochs`. */
  | { readonly kind: 'duration' }
  /** One of a fixed set of names, which need no `use`: `shard`, `f16`, `cuda`. */
  | EnumType
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Type> }
  | { readonly kind: 'optional'; readonly inner: Type }
  /** One of several types: `sets` takes names or strings. */
  | { readonly kind: 'union'; readonly members: readonly Type[] }
  /** A tensor: `Image` [N,H,W,C], `Tokens` [N,T,C], `Vector` [N,D] or any `Tensor`. */
  | { readonly kind: 'tensor'; readonly form: TensorForm }
  /** An initializer of a parameter: `normal(0.1)`, `constant(1)`. */
  | { readonly kind: 'initializer' }
  /** `nvlink(150 GB/s)` */
  | { readonly kind: 'link' }
  /** `skip(at_most: 0.1%)`: how many pictures may be damaged. */
  | { readonly kind: 'tolerance' }
  /** `group("layer4", factor: 0.1)`: a learning rate for the weights below a path. */
  | { readonly kind: 'rate_group' }
  /** `ema(decay: 0.9999)`: an average of weights. */
  | { readonly kind: 'average' }
  /** `linear_scaling(reference: 512)`: how the learning rate follows the batch. */
  | { readonly kind: 'lr_scaling' }
  /** A backbone with its static arguments, not yet applied to images; `given` names the arguments passed so far. */
  | { readonly kind: 'backbone'; readonly decl: FunctionDecl | undefined; readonly given?: ReadonlySet<string> }
  /** An instance of a margin, optimizer, schedule, device, machine, dataset or experiment. */
  | { readonly kind: 'object'; readonly keyword: ObjectKeyword; readonly decl: ObjectDecl | undefined }
  /** A `fn`, `block` or `extern fn`. */
  | { readonly kind: 'function'; readonly decl: FunctionDecl }
  /** A block or function of one tensor, passed as an argument: `activation: block = prelu`. */
  | { readonly kind: 'block' }
  /** `train { … }` as the value of a `let`: the fields that it sets, by full path, with their types. */
  | { readonly kind: 'section'; readonly name: string; readonly fields: ReadonlyMap<string, Type> }
  /** The type after a reported error; it fits everywhere, so that no further errors follow. */
  | { readonly kind: 'unknown' }

export type TensorForm = 'Tensor' | 'Image' | 'Tokens' | 'Vector'

export interface EnumType<M extends string = string> {
  readonly kind: 'enum'
  /** For display: `placement`. */
  readonly name: string
  readonly members: readonly M[]
}

export interface NumberType {
  readonly kind: 'number'
  readonly integer: boolean
  readonly dimension: Dimension
  /** True if the value is known only on the device, in the scalar code of margins, optimizers and schedules. */
  readonly device: boolean
}

export const int: NumberType = { kind: 'number', integer: true, dimension: dimensionless, device: false }
export const float: NumberType = { kind: 'number', integer: false, dimension: dimensionless, device: false }
/** A dimensionless number known on the device. */
export const scalar: NumberType = { kind: 'number', integer: false, dimension: dimensionless, device: true }
export const bool = { kind: 'bool' } as const satisfies Type
export const string = { kind: 'string' } as const satisfies Type
export const lateString = { kind: 'string', late: true } as const satisfies Type
export const batch = { kind: 'batch' } as const satisfies Type
export const duration = { kind: 'duration' } as const satisfies Type
export const link = { kind: 'link' } as const satisfies Type
export const tolerance = { kind: 'tolerance' } as const satisfies Type
export const rateGroup = { kind: 'rate_group' } as const satisfies Type
export const average = { kind: 'average' } as const satisfies Type
export const lrScaling = { kind: 'lr_scaling' } as const satisfies Type
export const block = { kind: 'block' } as const satisfies Type
export const unknown: Type = { kind: 'unknown' }

/** A static float of a dimension: `quantity({ byte: 1 })`. */
export function quantity(dimension: Dimension): NumberType {
  return { kind: 'number', integer: false, dimension, device: false }
}
export const angle = quantity({ radian: 1 })
export const bytes = quantity({ byte: 1 })
export const bandwidth = quantity({ byte: 1, second: -1 })
export const flopRate = quantity({ flop: 1, second: -1 })

// These keep the literal types of their arguments, from which the value types of fields are derived (`schema/values.ts`).
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
