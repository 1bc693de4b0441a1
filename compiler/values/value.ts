/** Values of the language during evaluation. Tensors are values of the graph under construction. */
import type { Entry, FunctionDecl, ObjectDecl } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import type * as ir from '../ir/graph.ts'
import type { Module } from '../names/program.ts'
import type { Dimension } from '../types/dimension.ts'
import type { Frame } from './frame.ts'

/** Names in scope: locals, innermost first, then those of the module. */
export interface Env {
  readonly module: Module
  readonly locals: Local | undefined
}
interface Local {
  readonly name: string
  readonly value: Value
  readonly outer: Local | undefined
}

export type Value =
  | NumberValue
  | { readonly kind: 'bool'; readonly value: boolean }
  | StringValue
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Value> }
  | { readonly kind: 'enum'; readonly member: string }
  | BatchValue
  | DurationValue
  | InitializerValue
  | LinkValue
  | ToleranceValue
  | RateGroupValue
  | AverageValue
  | ScalingValue
  | TensorValue
  | FunctionValue
  | BackboneValue
  | ObjectValue
  | SectionValue
  | FieldsValue
  /** A field without a value: `clip` omitted. */
  | { readonly kind: 'none' }

/** In base units: bytes, seconds, radians … */
export interface NumberValue {
  readonly kind: 'number'
  readonly value: number
  readonly integer: boolean
  readonly dimension: Dimension
}

export interface StringValue {
  readonly kind: 'string'
  readonly value: string
  /** Set if the text is only known at the start of the run: `environment variable GLINT360K`. */
  readonly pending: string | undefined
  /** Set with `pending`: the `.arc` text of it, such as `"{env("GLINT360K")}/train.rec"`. */
  readonly template?: string
}

/** `train { … }` as the value of a `let`: entries that an experiment takes over with `train = name`. */
export interface SectionValue {
  readonly kind: 'section'
  readonly name: string
  readonly entries: readonly Entry[]
  readonly env: Env
}

/** A section of an experiment, such as `train`, whose fields are evaluated when they are read. */
export interface FieldsValue {
  readonly kind: 'fields'
  readonly name: string
  readonly names: readonly string[]
  /** The value of one of `names`. */
  read(field: string, span: Span): Value
}

/** `128 per device` or `1024 global` */
export interface BatchValue {
  readonly kind: 'batch'
  readonly count: number
  readonly scope: 'device' | 'global'
}

export interface DurationValue {
  readonly kind: 'duration'
  readonly count: number
  readonly unit: 'steps' | 'epochs'
}

/** The initial value of a parameter; drawn from a generator keyed by (seed, path, element). */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number }

interface InitializerValue {
  readonly kind: 'initializer'
  readonly initializer: Initializer
}

interface LinkValue {
  readonly kind: 'link'
  readonly link: Link
}
export interface Link {
  readonly technology: 'nvlink' | 'pcie' | 'infiniband' | 'ethernet' | 'shared_memory'
  /** Bytes per second of one device, each way. */
  readonly bandwidth: number
  /** Seconds. */
  readonly latency: number
}

/** `skip(at_most: 0.1%)`: damaged pictures are replaced, up to this part of the set. */
export interface ToleranceValue {
  readonly kind: 'tolerance'
  /** In (0, 1]. */
  readonly atMost: number
}

/** `group("layer4", factor: 0.1)`: a learning rate of their own for the weights below a path. */
export interface RateGroupValue {
  readonly kind: 'rate_group'
  readonly path: string
  /** Of the learning rate; above 0. */
  readonly factor: number
}

/** `ema(decay: 0.9999)`: an exponential moving average of the weights. */
export interface AverageValue {
  readonly kind: 'average'
  /** In [0, 1). */
  readonly decay: number
  readonly warmup: boolean
}

/** `linear_scaling(reference: 512)`: how the learning rate follows the batch. */
export interface ScalingValue {
  readonly kind: 'lr_scaling'
  readonly rule: 'linear' | 'sqrt'
  /** The global batch with which the learning rate is as written. */
  readonly reference: number
}

export interface TensorValue {
  readonly kind: 'tensor'
  readonly value: ir.Value
  /** The dimension of its numbers: an arc cosine is an angle. */
  readonly dimension: Dimension
}

export interface FunctionValue {
  readonly kind: 'function'
  readonly decl: FunctionDecl
  readonly module: Module
}

/** A backbone with some of its arguments: `r100(embedding: 512)`. Calling it again adds more of them. */
export interface BackboneValue {
  readonly kind: 'backbone'
  readonly decl: FunctionDecl
  readonly module: Module
  readonly arguments: ReadonlyMap<string, Value>
  /** The name under which it was defined (`r100` for `let r100 = iresnet(…)`). */
  readonly name: string
}

/** An instance of an object declaration. Fields are evaluated on demand, in the scope of the declaration and its arguments. */
export interface ObjectValue {
  readonly kind: 'object'
  readonly decl: ObjectDecl
  readonly module: Module
  readonly arguments: ReadonlyMap<string, Value>
  /** Fields set by `--set` or an extending experiment, by path: `device.memory`. They override the declaration's. */
  readonly overrides: ReadonlyMap<string, Value>
  /** Where it was created. */
  readonly span: Span
  /** Where its arguments and overridden fields were written, by name or path. */
  readonly places: ReadonlyMap<string, Span>
  /** The call in which it was created. */
  readonly frame: Frame | undefined
}
