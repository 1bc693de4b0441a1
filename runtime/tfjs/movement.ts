/**
 * Moves the elements of values: typed arrays by strided copies, tensors by TensorFlow.js kernels if the backend has good ones
 * (`RuleContext.ownLoops`). Used by the rules of the movement ops, and by those that need their operands in a different order.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { elementCount, sameShape } from '../../compiler/ir/dtype.ts'
import type { OpParams } from '../../compiler/ir/op.ts'
import { need } from '../../grammar/diagnostic.ts'
import { type Bits, bitsOf, copyStrided, rowMajor, wholeOf } from './strided-copy.ts'
import {
  asDense,
  asFloat,
  denseArray,
  floatsOf,
  numbersOf,
  type RuleContext,
  type RuntimeValue,
  share,
  tensorOf,
} from './value.ts'

/** `loops` fills the zeroed result from the operands' bits; `kernels` computes it from their tensors. */
export interface Mover {
  readonly loops: (to: Bits, from: readonly Bits[]) => void
  readonly kernels: (from: readonly Tensor[]) => Tensor
}

/** A value of `shape` whose elements come from `operands`, all of one dtype. */
export function moveAll(
  cx: RuleContext,
  shape: readonly number[],
  operands: readonly RuntimeValue[],
  mover: Mover,
): RuntimeValue {
  const first = need(operands[0], 'the operand that moves')
  const count = elementCount(shape)
  if (first.kind === 'dense') {
    const data = denseArray(first.dtype, count)
    const from = operands.map((operand) => bitsOf(asDense(operand).data))
    mover.loops(bitsOf(data), from)
    return { ...first, shape, data }
  }
  const tensors = operands.map((operand) => asFloat(operand).tensor)
  if (!cx.ownLoops) return { ...first, shape, tensor: mover.kernels(tensors) }
  const data = new Float32Array(count)
  const from = tensors.map((tensor) => bitsOf(floatsOf(tensor)))
  mover.loops(bitsOf(data), from)
  return { ...first, shape, tensor: tensorOf(cx.tf, data, shape) }
}

/** `moveAll` of one operand; the result is of its kind. */
function moveOne<V extends RuntimeValue>(
  cx: RuleContext,
  shape: readonly number[],
  operand: V,
  loops: (to: Bits, from: Bits) => void,
  kernels: (from: Tensor) => Tensor,
): V {
  const mover: Mover = {
    loops: (to, from) => loops(to, need(from[0], 'the operand')),
    kernels: (from) => kernels(need(from[0], 'the operand')),
  }
  return moveAll(cx, shape, [operand], mover) as V
}

export function reshaped<V extends RuntimeValue>(cx: RuleContext, x: V, shape: readonly number[]): V {
  return x.kind === 'float' ? { ...x, shape, tensor: cx.tf.reshape(x.tensor, [...shape]) } : { ...x, shape }
}

export function broadcasted<V extends RuntimeValue>(
  cx: RuleContext,
  x: V,
  { shape, dims }: OpParams['broadcast_in_dim'],
): V {
  const own = rowMajor(x.shape)
  const strides = new Array<number>(shape.length).fill(0)
  dims.forEach((to, from) => {
    if (x.shape[from] !== 1) strides[to] = own[from] as number
  })
  return moveOne(
    cx,
    shape,
    x,
    (to, from) => copyStrided(shape, from, { offset: 0, strides }, to, wholeOf(shape)),
    (tensor) => {
      const order = dims.map((_, from) => from).sort((a, b) => (dims[a] as number) - (dims[b] as number))
      const sorted = cx.tf.transpose(tensor, order)
      const spread = new Array<number>(shape.length).fill(1)
      order.forEach((from) => {
        spread[dims[from] as number] = x.shape[from] as number
      })
      return cx.tf.broadcastTo(cx.tf.reshape(sorted, spread), [...shape])
    },
  )
}

export function transposed<V extends RuntimeValue>(cx: RuleContext, x: V, permutation: readonly number[]): V {
  if (permutation.every((dim, i) => dim === i)) return share(x)
  const shape = permutation.map((dim) => x.shape[dim] as number)
  const own = rowMajor(x.shape)
  const strides = permutation.map((dim) => own[dim] as number)
  return moveOne(
    cx,
    shape,
    x,
    (to, from) => copyStrided(shape, from, { offset: 0, strides }, to, wholeOf(shape)),
    (tensor) => cx.tf.transpose(tensor, [...permutation]),
  )
}

export function reversed<V extends RuntimeValue>(cx: RuleContext, x: V, dims: readonly number[]): V {
  const strides = rowMajor(x.shape)
  let offset = 0
  for (const dim of dims) {
    const stride = strides[dim] as number
    offset += ((x.shape[dim] as number) - 1) * stride
    strides[dim] = -stride
  }
  return moveOne(
    cx,
    x.shape,
    x,
    (to, from) => copyStrided(x.shape, from, { offset, strides }, to, wholeOf(x.shape)),
    (tensor) => (dims.length === 0 ? tensor.clone() : cx.tf.reverse(tensor, [...dims])),
  )
}

export function sliced<V extends RuntimeValue>(cx: RuleContext, x: V, { start, limit, stride }: OpParams['slice']): V {
  const shape = start.map((from, i) => Math.ceil(((limit[i] as number) - from) / (stride[i] as number)))
  if (sameShape(shape, x.shape)) return share(x)
  const own = rowMajor(x.shape)
  const offset = own.reduce((sum, step, i) => sum + step * (start[i] as number), 0)
  const strides = own.map((step, i) => step * (stride[i] as number))
  return moveOne(
    cx,
    shape,
    x,
    (to, from) => copyStrided(shape, from, { offset, strides }, to, wholeOf(shape)),
    (tensor) =>
      stride.every((step) => step === 1)
        ? cx.tf.slice(tensor, [...start], shape)
        : cx.tf.stridedSlice(tensor, [...start], [...limit], [...stride]),
  )
}

/** Pads with `fill`, a scalar of x's dtype; negative edges crop. */
export function padded<V extends RuntimeValue>(cx: RuleContext, x: V, fill: RuntimeValue, params: OpParams['pad']): V {
  const { low, high, interior } = params
  const step = interior.map((between) => between + 1)
  const shape = x.shape.map(
    (size, i) => (low[i] as number) + (high[i] as number) + size + Math.max(size - 1, 0) * (interior[i] as number),
  )
  const mover: Mover = {
    loops: (to, [from, value]) => {
      to.fill(need(value?.[0], 'the fill value'))
      // The elements of x that remain: cropped ones are excluded on both sides.
      const first = low.map((edge, i) => (edge < 0 ? Math.ceil(-edge / (step[i] as number)) : 0))
      const sizes = x.shape.map((size, i) => {
        const last = Math.floor(((shape[i] as number) - 1 - (low[i] as number)) / (step[i] as number))
        return Math.max(0, Math.min(size - 1, last) - (first[i] as number) + 1)
      })
      const own = rowMajor(x.shape)
      const out = rowMajor(shape)
      const sum = (terms: readonly number[]) => terms.reduce((total, term) => total + term, 0)
      const source = { offset: sum(own.map((s, i) => s * (first[i] as number))), strides: own }
      const target = {
        offset: sum(out.map((s, i) => s * ((low[i] as number) + (first[i] as number) * (step[i] as number)))),
        strides: out.map((s, i) => s * (step[i] as number)),
      }
      copyStrided(sizes, need(from, 'the tensor to pad'), source, to, target)
    },
    kernels: ([tensor]) => padTensor(cx, need(tensor, 'the tensor to pad'), numbersOf(fill)[0] as number, params),
  }
  return moveAll(cx, shape, [x, fill], mover) as V
}

/** Interior padding first, dim by dim, as zero columns of a reshaped tensor; then the edges; then the crop. */
function padTensor(cx: RuleContext, x: Tensor, fill: number, { low, high, interior }: OpParams['pad']): Tensor {
  const { tf } = cx
  let spread = x
  interior.forEach((between, dim) => {
    const size = spread.shape[dim] as number
    if (between === 0 || size < 2) return
    const outer = elementCount(spread.shape.slice(0, dim))
    const inner = elementCount(spread.shape.slice(dim + 1))
    const columns = tf.pad(
      tf.reshape(spread, [outer, size, 1, inner]),
      [
        [0, 0],
        [0, 0],
        [0, between],
        [0, 0],
      ],
      fill,
    )
    const joined = tf.reshape(columns, [outer, size * (between + 1), inner])
    const wide = size + (size - 1) * between
    spread = tf.reshape(tf.slice(joined, [0, 0, 0], [outer, wide, inner]), spread.shape.with(dim, wide))
  })
  const edges = low.map((before, i): [number, number] => [Math.max(before, 0), Math.max(high[i] as number, 0)])
  const grown = edges.some(([before, after]) => before + after > 0) ? tf.pad(spread, edges, fill) : spread
  if (low.every((edge) => edge >= 0) && high.every((edge) => edge >= 0)) return grown.clone()
  const begin = low.map((edge) => Math.max(-edge, 0))
  const size = grown.shape.map((dim, i) => dim - (begin[i] as number) - Math.max(-(high[i] as number), 0))
  return tf.slice(grown, begin, size)
}

export function concatenated(cx: RuleContext, parts: readonly RuntimeValue[], dim: number): RuntimeValue {
  const first = need(parts[0], 'the first part')
  const total = parts.reduce((sum, part) => sum + (part.shape[dim] as number), 0)
  const shape = first.shape.with(dim, total)
  const strides = rowMajor(shape)
  return moveAll(cx, shape, parts, {
    loops: (to, from) => {
      let at = 0
      parts.forEach((part, i) => {
        const offset = at * (strides[dim] as number)
        copyStrided(part.shape, need(from[i], 'a part'), wholeOf(part.shape), to, { offset, strides })
        at += part.shape[dim] as number
      })
    },
    kernels: (from) =>
      cx.tf.concat(
        from.filter((part) => part.size > 0),
        dim,
      ),
  })
}

/** x with the box at `start` replaced by `update`. */
export function updated(
  cx: RuleContext,
  x: RuntimeValue,
  update: RuntimeValue,
  start: readonly number[],
): RuntimeValue {
  const strides = rowMajor(x.shape)
  const offset = strides.reduce((sum, step, i) => sum + step * (start[i] as number), 0)
  return moveAll(cx, x.shape, [x, update], {
    loops: (to, [from, box]) => {
      to.set(need(from, 'the tensor'))
      copyStrided(update.shape, need(box, 'the update'), wholeOf(update.shape), to, { offset, strides })
    },
    kernels: ([tensor, box]) => {
      const low = [...start]
      const high = x.shape.map((size, i) => size - (start[i] as number) - (update.shape[i] as number))
      const none = x.shape.map(() => 0)
      const pad = { low, high, interior: none }
      const inside = padTensor(cx, cx.tf.onesLike(need(box, 'the update')), 0, pad)
      return cx.tf.where(
        cx.tf.cast(inside, 'bool'),
        padTensor(cx, need(box, 'the update'), 0, pad),
        need(tensor, 'the tensor'),
      )
    },
  })
}
