/** Tensors as plain numbers, for the reference evaluator: slow and simple. */

import { type DType, elementCount, type TensorType } from '../../compiler/ir/dtype.ts'
import type { OpOf } from '../../compiler/ir/graph.ts'
import { bf16Bits, bf16Value, f16Bits, f16Value } from '../../compiler/ir/half-float.ts'
import type { OpKind } from '../../compiler/ir/op.ts'
import { bug, need } from '../../grammar/diagnostic.ts'

export interface Tensor extends TensorType {
  readonly data: readonly number[]
}

export type Index = readonly number[]

/** Tensors by replica, then by operand or result. */
export type PerReplica = readonly (readonly Tensor[])[]

/** Computes all replicas in lockstep. */
export type ReferenceRule<K extends OpKind> = (op: OpOf<K>, operands: PerReplica) => PerReplica

/** A rule of an op that uses only one replica. */
export function local<K extends OpKind>(
  rule: (op: OpOf<K>, operands: readonly Tensor[], replica: number) => readonly Tensor[],
): ReferenceRule<K> {
  return (op, operands) => operands.map((own, replica) => rule(op, own, replica))
}

export function operandOf(operands: readonly Tensor[], index: number): Tensor {
  return need(operands[index], `operand ${index}`)
}

const rounders: { readonly [D in DType]: (x: number) => number } = {
  f64: (x) => x,
  f32: Math.fround,
  f16: (x) => f16Value(f16Bits(x)),
  bf16: (x) => bf16Value(bf16Bits(x)),
  i32: (x) => x | 0,
  u32: (x) => x >>> 0,
  u8: (x) => x & 0xff,
  i8: (x) => (x << 24) >> 24,
  pred: (x) => (x === 0 ? 0 : 1),
}

/** The nearest value of `dtype`; whole numbers wrap. */
export function roundTo(dtype: DType, x: number): number {
  return rounders[dtype](x)
}

/** Every index of `shape`, the last dim fastest. */
export function indices(shape: readonly number[]): Index[] {
  return overIndices(shape, (index) => index)
}

/** `element(index)` for every index; no list of the indices stands in memory. */
function overIndices<T>(shape: readonly number[], element: (index: Index) => T): T[] {
  const next: number[] = shape.map(() => 0)
  return Array.from({ length: elementCount(shape) }, () => {
    const index = next.slice()
    for (let dim = shape.length - 1; dim >= 0; dim--) {
      const i = (next[dim] ?? 0) + 1
      next[dim] = i === shape[dim] ? 0 : i
      if (i !== shape[dim]) break
    }
    return element(index)
  })
}

export function at(tensor: Tensor, index: Index): number {
  let flat = 0
  let dim = 0
  for (const size of tensor.shape) {
    const i = index[dim++] ?? -1
    if (i < 0 || i >= size) bug(`index [${index.join(',')}] outside [${tensor.shape.join(',')}]`)
    flat = flat * size + i
  }
  return need(tensor.data[flat], 'an element')
}

/** Like `at`, but `outside` if the index is out of range. */
export function atOr(tensor: Tensor, index: Index, outside: number): number {
  const inside = index.every((i, dim) => i >= 0 && i < (tensor.shape[dim] ?? 0))
  return inside ? at(tensor, index) : outside
}

/** A tensor whose elements are `element(index)`, rounded to its dtype. */
export function generate(type: TensorType, element: (index: Index) => number): Tensor {
  const { dtype, shape } = type
  return { dtype, shape, data: overIndices(shape, (index) => roundTo(dtype, element(index))) }
}

export function scalarOf(tensor: Tensor): number {
  return at(tensor, [])
}

/** The type of result `index` of an op. */
export function resultType(op: OpOf<OpKind>, index = 0): TensorType {
  return need(op.results[index], `result ${index} of ${op.kind}`).type
}
