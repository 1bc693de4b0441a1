/**
 * Reordering, slicing and joining tensors of any rank. Dims are counted from 0, or from the last one with −1.
 *
 * Legend: N batch, H W height and width, T tokens, K of them, C channels.
 */
import { elementCount, sameShape } from '../ir/dtype.ts'
import * as ops from '../ir/ops.ts'
import { isDimensionless, showDimension } from '../types/dimension.ts'
import { dimOf, showShape } from './tensors.ts'
import type { Call, Image, Int, Ints, List, Tensor, Tokens } from './types.ts'

/** Images [N,H,W,C] as tokens [N,H·W,C], row by row. */
export function tokens(call: Call, x: Image): Tokens {
  const [n = 0, height = 0, width = 0, channels = 0] = x.type.shape
  return ops.reshape(call.graph(), x, [n, height * width, channels])
}

/** A wanted shape, in which the batch is `N`, as in that of x. */
function showTarget(x: Tensor, shape: readonly number[]): string {
  const [batch, ...others] = shape
  return batch === x.type.shape[0] ? `[${['N', ...others].join(', ')}]` : `[${shape.join(', ')}]`
}

/** The elements of x, in the same order, as a tensor of another shape. */
export function reshape(call: Call, x: Tensor, shape: Ints): Tensor {
  const fits = shape.every((size) => size >= 0) && elementCount(shape) === elementCount(x.type.shape)
  if (!fits) return call.fail('ARC4109', { what: '`reshape`', from: showShape(x.type.shape), to: showTarget(x, shape) })
  return ops.reshape(call.graph(), x, shape)
}

/** Dim i of the result is dim `order[i]` of x. */
export function permute(call: Call, x: Tensor, order: Ints): Tensor {
  const rank = x.type.shape.length
  const fits = order.length === rank && x.type.shape.every((_, dim) => order.includes(dim))
  if (!fits)
    return call.fail('ARC4109', { what: '`permute`', from: showShape(x.type.shape), to: `dims [${order.join(', ')}]` })
  return ops.transpose(call.graph(), x, order)
}

/** x repeated over a shape: dims are matched from the last one, and a dim of size 1 or one missing in x is repeated. */
export function expand(call: Call, x: Tensor, shape: Ints): Tensor {
  const own = x.type.shape
  const lead = shape.length - own.length
  const fits = lead >= 0 && own.every((size, dim) => size === 1 || size === shape[lead + dim])
  if (!fits) return call.fail('ARC4109', { what: '`expand`', from: showShape(own), to: `[${shape.join(', ')}]` })
  const dims = own.map((_, dim) => lead + dim)
  return ops.broadcastTo(call.graph(), x, shape, dims)
}

/** Elements `start` to `stop` (exclusive) along a dim. */
export function slice(call: Call, x: Tensor, dim: Int, start: Int, stop: Int): Tensor {
  const at = dimOf(call, '`slice`', x, dim)
  const size = x.type.shape[at] ?? 0
  if (!(start >= 0 && start < stop && stop <= size)) return call.fail('ARC4110', { start, stop, size, dim })
  return ops.sliceDim(call.graph(), x, at, start, stop)
}

/** x followed by y along a dim; their other dims are equal. */
export function concatenate(call: Call, x: Tensor, y: Tensor, dim: Int): Tensor {
  const at = dimOf(call, '`concatenate`', x, dim)
  const [left, right] = [x.type.shape, y.type.shape]
  if (left.length !== right.length || left.some((size, i) => i !== at && size !== right[i]))
    return call.fail('ARC4101', { operator: 'concatenate', left: showShape(left), right: showShape(right) })
  const b = call.graph()
  const dtype = x.type.dtype === y.type.dtype ? x.type.dtype : 'f32'
  return ops.concatenate(b, [ops.convert(b, x, dtype), ops.convert(b, y, dtype)], at)
}

/** The elements of x at the positions `indices` along a dim, in this order; a position may occur several times. */
export function gather(call: Call, x: Tensor, indices: Ints, dim: Int = 0): Tensor {
  const at = dimOf(call, '`gather`', x, dim)
  const { shape } = x.type
  const size = shape[at] ?? 0
  const outside = indices.find((index) => !(Number.isInteger(index) && index >= 0 && index < size))
  if (outside !== undefined) return call.fail('ARC4166', { index: outside, dim, size })
  if (indices.length === 0) return call.fail('ARC4167', { what: '`indices` of `gather`' })
  const b = call.graph()
  const positions = ops.constant(b, { dtype: 'i32', shape: [indices.length] }, Int32Array.from(indices))
  const others = shape.map((_, i) => i).filter((i) => i !== at)
  const order = [at, ...others]
  const taken = ops.takeRows(b, ops.transpose(b, x, order), positions)
  return ops.transpose(
    b,
    taken,
    order.map((_, i) => order.indexOf(i)),
  )
}

/** A tensor of the numbers of a list; lists of lists have one dim more: `constant([[1, 2, 3], [4, 5, 6]])` is [2,3]. f32. */
export function constant(call: Call, values: List): Tensor {
  const { shape, numbers } = numbersIn(call, values)
  return ops.constant(call.graph(), { dtype: 'f32', shape }, Float32Array.from(numbers))
}

function numbersIn(
  call: Call,
  values: List,
): { readonly shape: readonly number[]; readonly numbers: readonly number[] } {
  if (values.length === 0) return call.fail('ARC4167', { what: '`constant`' })
  const wrong = (found: string): never =>
    call.fail('ARC4104', { what: '`constant`', wanted: 'plain numbers, or lists of one length', found })
  const parts = values.map((value) => {
    if (value.kind === 'list') return numbersIn(call, value.items)
    if (value.kind !== 'number' || !isDimensionless(value.dimension))
      return wrong(value.kind === 'number' ? showDimension(value.dimension) : `a ${value.kind}`)
    return { shape: [], numbers: [value.value] }
  })
  const [first] = parts
  const shape = first?.shape ?? []
  const other = parts.find((part) => !sameShape(part.shape, shape))
  if (other !== undefined) return wrong(`lists of shapes [${shape.join(', ')}] and [${other.shape.join(', ')}]`)
  return { shape: [values.length, ...shape], numbers: parts.flatMap((part) => part.numbers) }
}

/** Tokens [N,K,C]: for each sample, the tokens of x [N,T,C] at the positions `order` [N,K]. */
export function take(call: Call, x: Tokens, order: Tensor): Tokens {
  const [n = 0, count = 0, channels = 0] = x.type.shape
  const [rows, kept = 0, ...rest] = order.type.shape
  if (order.type.dtype !== 'i32' || rows !== n || rest.length > 0)
    return call.fail('ARC4104', {
      what: '`order` of `take`',
      wanted: 'the numbers of tokens, one row for each sample',
      found: showShape(order.type.shape),
    })
  const b = call.graph()
  const first = ops.multiply(b, ops.iota(b, order.type, 0), count)
  const numbers = ops.reshape(b, ops.add(b, order, first), [n * kept])
  const taken = ops.takeRows(b, ops.reshape(b, x, [n * count, channels]), numbers)
  return ops.reshape(b, taken, [n, kept, channels])
}

/**
 * The inverse of orders [N,T], each a permutation of 0 to T−1: the position of each number. Taking by one undoes taking by the
 * other.
 */
export function inverse_order(call: Call, order: Tensor): Tensor {
  const [n = 0, count = 0, ...rest] = order.type.shape
  if (order.type.dtype !== 'i32' || order.type.shape.length !== 2 || rest.length > 0)
    return call.fail('ARC4104', {
      what: '`inverse_order`',
      wanted: 'the numbers of tokens, one row for each sample',
      found: showShape(order.type.shape),
    })
  const b = call.graph()
  const shape = [n, count, count]
  const wanted = ops.iota(b, { dtype: 'i32', shape }, 1)
  const isHere = ops.compare(b, 'EQ', ops.broadcastTo(b, order, shape, [0, 2]), wanted)
  return ops.sumOver(b, ops.select(b, isHere, ops.iota(b, { dtype: 'i32', shape }, 2), 0), [2])
}
