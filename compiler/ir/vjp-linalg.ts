/**
 * Gradient rules for reductions and linear algebra.
 *
 * Legend: c cotangent, x images or activations, w filter, N batch, H W height and width, C channels.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import { elementCount } from './dtype.ts'
import { operandAt, resultAt, type Value } from './graph.ts'
import type { OpParams } from './op.ts'
import type { LinalgKind, ReduceKind } from './op-family.ts'
import * as ops from './ops.ts'
import { onlyCotangent, type VjpEntry, type VjpRule } from './vjp-rule.ts'

/** All elements that reach the extreme share its gradient equally. */
function vjpExtreme<K extends 'reduce_max' | 'reduce_min'>(): VjpRule<K> {
  return (v) => {
    const { b, op } = v
    const x = operandAt(op, 0)
    const { shape } = x.type
    const { dims } = op.params
    const reached = ops.compare(b, 'EQ', x, ops.broadcastOver(b, resultAt(op, 0), shape, dims))
    const count = ops.sumOver(b, ops.convert(b, reached, x.type.dtype), dims)
    const share = ops.divide(b, onlyCotangent(v), count)
    return [ops.select(b, reached, ops.broadcastOver(b, share, shape, dims), 0)]
  }
}

export const vjpReduce: { readonly [K in ReduceKind]: VjpEntry<K> } = {
  reduce_sum: (v) => [ops.broadcastOver(v.b, onlyCotangent(v), operandAt(v.op, 0).type.shape, v.op.params.dims)],
  reduce_max: vjpExtreme(),
  reduce_min: vjpExtreme(),
}

interface Side {
  readonly value: Value
  readonly batch: readonly number[]
  readonly contract: readonly number[]
  readonly free: readonly number[]
}

function side(value: Value, batch: readonly number[], contract: readonly number[]): Side {
  const free = value.type.shape.map((_, dim) => dim).filter((dim) => !batch.includes(dim) && !contract.includes(dim))
  return { value, batch, contract, free }
}

/**
 * The cotangent of one operand, `own`: c and the other operand are multiplied over the other's free dims. Both orders of this
 * product are correct; the one whose result already has the operand's dim order saves a transpose.
 *
 * c's dims: batch, then the left's free dims, then the right's; the other's start at `otherFree`.
 */
function dotCotangent(b: GraphBuilder, c: Value, own: Side, other: Side, otherFree: number): Value {
  const batch = own.batch.map((_, i) => i)
  const summed = other.free.map((_, i) => otherFree + i)
  const { dtype } = own.value.type
  // If the product was summed in a wider dtype, its cotangent is narrowed, so that both products run at the operands' speed.
  const narrow = ops.convert(b, c, dtype)
  // The other's contracted dims come out in its own order; these are the corresponding dims of `own`.
  const contracted = other.contract
    .map((dim, i) => ({ dim, ownDim: need(own.contract[i], 'a contracted dim') }))
    .sort((p, q) => p.dim - q.dim)
    .map((p) => p.ownDim)
  const cFirst = [...own.batch, ...own.free, ...contracted]
  const otherFirst = [...own.batch, ...contracted, ...own.free]
  const inOrder = (dims: readonly number[]) => dims.every((dim, i) => dim === i)
  const swapped = !inOrder(cFirst) && inOrder(otherFirst)
  const product = swapped
    ? b.add('dot_general', [other.value, narrow], {
        lhsBatch: other.batch,
        rhsBatch: batch,
        lhsContract: other.free,
        rhsContract: summed,
        dtype,
      })
    : b.add('dot_general', [narrow, other.value], {
        lhsBatch: batch,
        rhsBatch: other.batch,
        lhsContract: summed,
        rhsContract: other.free,
        dtype,
      })
  const dims = swapped ? otherFirst : cFirst
  return ops.transpose(
    b,
    product,
    own.value.type.shape.map((_, dim) => dims.indexOf(dim)),
  )
}

const vjpDot: VjpRule<'dot_general'> = (v) => {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = v.op.params
  const lhs = side(operandAt(v.op, 0), lhsBatch, lhsContract)
  const rhs = side(operandAt(v.op, 1), rhsBatch, rhsContract)
  const c = onlyCotangent(v)
  const leftAt = lhsBatch.length
  const rightAt = leftAt + lhs.free.length
  return [dotCotangent(v.b, c, lhs, rhs, rightAt), dotCotangent(v.b, c, rhs, lhs, leftAt)]
}

type ConvParams = OpParams['conv2d']

/** What all three kinds share. */
function windowOf({ stride, padding, groups, dilation }: ConvParams): ConvParams {
  return { stride, padding, groups, ...(dilation && { dilation }) }
}

function inputGrad(
  b: GraphBuilder,
  gradient: Value,
  w: Value,
  params: ConvParams,
  inputShape: readonly number[],
): Value {
  return b.add('conv2d_input_grad', [gradient, w], { ...windowOf(params), inputShape })
}

function filterGrad(
  b: GraphBuilder,
  x: Value,
  gradient: Value,
  params: ConvParams,
  filterShape: readonly number[],
): Value {
  return b.add('conv2d_filter_grad', [x, gradient], { ...windowOf(params), filterShape })
}

function conv(b: GraphBuilder, x: Value, w: Value, params: ConvParams): Value {
  return b.add('conv2d', [x, w], windowOf(params))
}

/**
 * y, mean and variance of x. The cotangents of the statistics themselves (absent if running statistics are stored separately) are
 * added: mean' = 1/n, variance' = 2 (x - mean)/n for n elements per channel.
 */
const vjpBatchNorm: VjpRule<'batch_norm_training'> = (v) => {
  const { b, op } = v
  const [x, scale] = [operandAt(op, 0), operandAt(op, 1)]
  const [mean, variance] = [resultAt(op, 1), resultAt(op, 2)]
  const [cy, cMean, cVariance] = v.cotangents
  const { shape, dtype } = x.type
  const gradients = cy === undefined ? [] : b.addAll('batch_norm_grad', [x, scale, mean, variance, cy], op.params)
  let dx = gradients[0]
  const plus = (more: Value) => {
    dx = dx === undefined ? more : ops.add(b, dx, more)
  }
  const count = elementCount(shape.slice(0, -1))
  const along = (channel: Value) => ops.broadcastTo(b, channel, shape, [shape.length - 1])
  if (cMean !== undefined) plus(ops.convert(b, along(ops.multiply(b, cMean, 1 / count)), dtype))
  if (cVariance !== undefined) {
    const deviation = ops.subtract(b, ops.convert(b, x, mean.type.dtype), along(mean))
    const product = ops.multiply(b, along(ops.multiply(b, cVariance, 2 / count)), deviation)
    plus(ops.convert(b, product, dtype))
  }
  return [dx, gradients[1], gradients[2], undefined]
}

export const vjpLinalg: { readonly [K in LinalgKind]: VjpEntry<K> } = {
  dot_general: vjpDot,
  conv2d: (v) => {
    const [x, w, c] = [operandAt(v.op, 0), operandAt(v.op, 1), onlyCotangent(v)]
    return [inputGrad(v.b, c, w, v.op.params, x.type.shape), filterGrad(v.b, x, c, v.op.params, w.type.shape)]
  },
  // The three kinds are one trilinear form <gradient, conv(x, w)>, so each one's gradients are the other two.
  conv2d_input_grad: (v) => {
    const [gradient, w, c] = [operandAt(v.op, 0), operandAt(v.op, 1), onlyCotangent(v)]
    return [conv(v.b, c, w, v.op.params), filterGrad(v.b, c, gradient, v.op.params, w.type.shape)]
  },
  conv2d_filter_grad: (v) => {
    const [x, gradient, c] = [operandAt(v.op, 0), operandAt(v.op, 1), onlyCotangent(v)]
    return [inputGrad(v.b, gradient, c, v.op.params, x.type.shape), conv(v.b, x, c, v.op.params)]
  },
  max_pool: (v) => {
    const [x, y] = [operandAt(v.op, 0), resultAt(v.op, 0)]
    return [v.b.add('max_pool_grad', [x, y, onlyCotangent(v)], v.op.params)]
  },
  max_pool_grad: (v) => bug('second derivatives of max pooling are not available', v.op.origin.span),
  batch_norm_training: vjpBatchNorm,
  batch_norm_grad: (v) => bug('second derivatives of batch normalization are not available', v.op.origin.span),
}
