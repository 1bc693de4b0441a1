/** Constructors for values. */
import type * as ir from '../ir/graph.ts'
import { type Dimension, dimensionless } from '../types/dimension.ts'
import type { NumberValue, TensorValue, Value } from '../values/value.ts'

/** A static number; `integer` defaults to whether it is an integer. */
export function number(value: number, dimension: Dimension = dimensionless, integer?: boolean): NumberValue {
  return { kind: 'number', value, integer: integer ?? Number.isSafeInteger(value), dimension }
}

export function bool(value: boolean): Value {
  return { kind: 'bool', value }
}

export function list(items: readonly Value[]): Value {
  return { kind: 'list', items }
}

export function tensor(value: ir.Value, dimension: Dimension = dimensionless): TensorValue {
  return { kind: 'tensor', value, dimension }
}

export const none: Value = { kind: 'none' }
