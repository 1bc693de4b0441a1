/** The aliases of `types.ts` as data: their names in the language, and the entries of the generated table. */

import type * as ir from '../ir/graph.ts'
import type { StringValue } from '../values/value.ts'
import type { Average, Call, Initializer, Link, RateGroup, Scaling, Tolerance } from './types.ts'

/** Alias in TypeScript → type in the language. */
export const types = {
  Int: 'int',
  Float: 'float',
  Bool: 'bool',
  StringArg: 'string',
  Ints: '[int]',
  Pair: 'pair',
  Padding: 'padding',
  List: 'list',
  Scalar: 'scalar',
  Angle: 'angle',
  Time: 'time',
  Bandwidth: 'bandwidth',
  Duration: 'duration',
  Tensor: 'Tensor',
  Image: 'Image',
  Tokens: 'Tokens',
  Vector: 'Vector',
  Initializer: 'initializer',
  Link: 'link',
  Tolerance: 'tolerance',
  RateGroup: 'rate_group',
  Average: 'average',
  Scaling: 'lr_scaling',
} as const

export type Marshal = keyof typeof types

/** All types that a primitive may return. */
export type PrimitiveResult =
  | number
  | boolean
  | readonly number[]
  | ir.Value
  | StringValue
  | Initializer
  | Link
  | Tolerance
  | RateGroup
  | Average
  | Scaling

/** One primitive: its function takes the call, then one value per parameter, with the type of the parameter's alias. */
export interface PrimitiveEntry {
  readonly run: (call: Call, ...values: never[]) => PrimitiveResult
  readonly parameters: readonly (readonly [name: string, type: Marshal])[]
  readonly result: Marshal
}
