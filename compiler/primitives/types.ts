/**
 * The types of primitive operations. Each alias is a type of the language: `npm run prelude` reads the aliases in the signatures
 * of the other files in this folder and writes `stdlib/prelude.gen.arc` and `table.gen.ts` from them.
 *
 * Legend: N batch, H W image height and width, T tokens, C channels, D features.
 */

import type { Extras } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import type { LocalMachine } from '../host/local-machine.ts'
import type { GpuProfile } from '../host/machine-profile.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type * as ir from '../ir/graph.ts'
import type { NormScope } from '../ir/weight-norms.ts'
import type { Elaboration, ParameterSpec } from '../values/elaboration.ts'
import type { EvaluateMessages, ParamsOf } from '../values/messages.ts'
import type * as value from '../values/value.ts'

/** The first argument of every primitive: the place of the call, and the graph it may add to. */
export interface Call {
  /** The call, for diagnostics. */
  readonly span: Span
  /** The path of the enclosing scope: parameters declared here are under it. */
  readonly path: string
  /** The graph under construction; a diagnostic if there is none. */
  graph(): GraphBuilder
  /** The backbone under construction; a diagnostic outside of backbones. */
  model(): Elaboration
  /** In the `update` of an optimizer: what norms are of. */
  readonly norms: NormScope | undefined
  /** Whether this is the `update` of a margin, in which tensors are the whole batch. */
  readonly batch: boolean
  /** Declares a parameter or buffer under `path`; a diagnostic if the name is taken. */
  declare(name: string, spec: Omit<ParameterSpec, 'path' | 'span'>): ir.Value
  /** The path of a buffer returned by `declare`; `undefined` for other values. */
  bufferPath(buffer: ir.Value): string | undefined
  /** An environment variable; `undefined` if it is not set. */
  env(name: string): string | undefined
  /** The devices of this computer. */
  localMachine(): LocalMachine
  /** The measurements of its GPUs. */
  measuredGpus(): readonly GpuProfile[]
  /** Where an argument is written in the user's code; `undefined` if it is not, or if the library computes it. */
  placeOf(parameter: string): Span | undefined
  /** Reports a user mistake at the call, with the chain of enclosing blocks, and ends the evaluation. */
  fail<K extends keyof EvaluateMessages & string>(code: K, params: ParamsOf<K>, extras?: Extras): never
}

/** `int` */
export type Int = number
/** `float`, known to the compiler. */
export type Float = number
/** `bool` */
export type Bool = boolean
/** `string` */
export type StringArg = value.StringValue
/** `[int]` */
export type Ints = readonly number[]
/** A number for both directions of an image, or [along the height, along the width]. */
export type Pair = number | Ints
/** Zeros on each side of an image; `same` keeps its size at stride 1 if the window is odd. */
export type Padding = Pair | 'same'
/** A list of anything. */
export type List = readonly value.Value[]
/** A number, known to the compiler or on the device; or a tensor, elementwise. */
export type Scalar = number | ir.Value
/** The same, in radians. */
export type Angle = number | ir.Value
/** Seconds. */
export type Time = number
/** Bytes per second. */
export type Bandwidth = number
/** `2 epochs` */
export type Duration = value.DurationValue
/** Any tensor. */
export type Tensor = ir.Value
/** Images [N,H,W,C]. */
export type Image = ir.Value
/** Tokens [N,T,C]. */
export type Tokens = ir.Value
/** Vectors [N,D]. */
export type Vector = ir.Value
export type Initializer = value.Initializer
export type Link = value.Link
/** `skip(at_most: 0.1%)` */
export type Tolerance = value.ToleranceValue
/** `group("layer4", factor: 0.1)` */
export type RateGroup = value.RateGroupValue
/** `ema(decay: 0.9999)` */
export type Average = value.AverageValue
/** `linear_scaling(reference: 512)` */
export type Scaling = value.ScalingValue
