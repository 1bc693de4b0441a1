/** Operands of elementwise ops, and shapes as text for messages. Legend: N batch, H W height and width, T tokens, C channels. */
import { bug } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import { type DType, sameShape } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import { type Arg, add, broadcastTo, convert } from '../ir/ops.ts'
import type { Call } from './types.ts'

/** Operands with the same shape and dtype, or the two shapes that do not agree. */
export type Aligned = { readonly operands: readonly Arg[] } | { readonly misfit: readonly [string, string] }

const width: { readonly [D in DType]: number } = {
  pred: 0,
  u8: 1,
  i8: 1,
  u32: 2,
  i32: 3,
  f16: 4,
  bf16: 4,
  f32: 5,
  f64: 6,
}

/**
 * Makes operands compatible: tensors without dims and dims of size 1 are broadcast to the shape of the others, and all are converted
 * to the widest dtype among them (f16 and bf16 give f32). Numbers stay numbers.
 */
export function alignOperands(builder: GraphBuilder, operands: readonly Arg[]): Aligned {
  let shape: readonly number[] = []
  let dtype: DType | undefined
  for (const operand of operands) {
    if (typeof operand === 'number') continue
    const own = operand.type
    const joint = jointShape(shape, own.shape)
    if (joint === undefined) return { misfit: [showShape(shape), showShape(own.shape)] }
    shape = joint
    if (dtype === undefined || width[own.dtype] > width[dtype]) dtype = own.dtype
    else if (width[own.dtype] === width[dtype] && own.dtype !== dtype) dtype = 'f32'
  }
  const common = dtype ?? 'f32'
  const aligned = operands.map((operand) =>
    typeof operand === 'number' ? operand : repeated(builder, convert(builder, operand, common), shape),
  )
  return { operands: aligned }
}

/** The shape over which both are repeated: dims are equal, or one of them is 1. `undefined` if there is none. */
export function jointShape(left: readonly number[], right: readonly number[]): readonly number[] | undefined {
  if (left.length === 0 || sameShape(left, right)) return right
  if (right.length === 0) return left
  const fits =
    left.length === right.length && left.every((size, i) => size === right[i] || size === 1 || right[i] === 1)
  return fits ? left.map((size, i) => (size === 1 ? (right[i] ?? 1) : size)) : undefined
}

/** A tensor without dims, or of the same rank, repeated over a shape. */
export function repeated(builder: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return broadcastTo(
    builder,
    x,
    shape,
    x.type.shape.map((_, dim) => dim),
  )
}

/** The sum of two numbers of shapes that join. */
export function addAligned(builder: GraphBuilder, x: Arg, y: Arg): Value {
  const aligned = alignOperands(builder, [x, y])
  if ('misfit' in aligned) return bug(`${aligned.misfit.join(' and ')} are added`)
  const [a = x, b = y] = aligned.operands
  return add(builder, a, b)
}

const dimNames: { readonly [rank: number]: readonly string[] } = {
  1: ['C'],
  2: ['N', 'C'],
  3: ['N', 'T', 'C'],
  4: ['N', 'H', 'W', 'C'],
}

/** `[N, H 56, W 56, C 64]`: dims with their names; the batch is shown as `N`, since its size does not depend on the network. */
export function showShape(shape: readonly number[]): string {
  if (shape.length === 0) return 'a scalar'
  const names = dimNames[shape.length]
  if (names === undefined) return `[${shape.join(', ')}]`
  return `[${names.map((name, i) => (name === 'N' ? name : `${name} ${shape[i]}`)).join(', ')}]`
}

/** A dim of x, counted from 0, or from the last one if negative; a diagnostic if x has no such dim. */
export function dimOf(call: Call, what: string, x: Value, dim: number): number {
  const rank = x.type.shape.length
  const at = dim < 0 ? rank + dim : dim
  if (Number.isInteger(at) && at >= 0 && at < rank) return at
  return call.fail('ARC4023', { what: `\`dim\` of ${what}`, bounds: `between ${-rank} and ${rank - 1}`, found: dim })
}
