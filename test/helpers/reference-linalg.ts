/**
 * The reference's rules for reductions and linear algebra: definitions as loops, summed in f64.
 *
 * Legend: N batch, H W height and width, C channels in, O channels out, kh kw the filter's window.
 */
import type { TensorType } from '../../compiler/ir/dtype.ts'
import type { Conv2dParams, PoolParams } from '../../compiler/ir/op.ts'
import type { LinalgKind, ReduceKind } from '../../compiler/ir/op-family.ts'
import { fold } from './reference-movement.ts'
import {
  at,
  generate,
  type Index,
  indices,
  local,
  operandOf,
  type ReferenceRule,
  resultType,
  roundTo,
  type Tensor,
} from './reference-tensor.ts'

function tensor(type: TensorType, data: readonly number[]): Tensor {
  return { ...type, data: data.map((x) => roundTo(type.dtype, x)) }
}

function reduction<K extends ReduceKind>(first: number, f: (a: number, b: number) => number): ReferenceRule<K> {
  return local((op, operands) => [tensor(resultType(op), fold(operandOf(operands, 0), op.params.dims, first, f))])
}

export const referenceReduce: { readonly [K in ReduceKind]: ReferenceRule<K> } = {
  reduce_sum: reduction(0, (a, b) => a + b),
  reduce_max: reduction(Number.NEGATIVE_INFINITY, Math.max),
  reduce_min: reduction(Number.POSITIVE_INFINITY, Math.min),
}

const dot: ReferenceRule<'dot_general'> = local((op, operands) => {
  const [lhs, rhs] = [operandOf(operands, 0), operandOf(operands, 1)]
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = op.params
  const free = (t: Tensor, taken: readonly number[]) =>
    t.shape.map((_, dim) => dim).filter((dim) => !taken.includes(dim))
  const lhsFree = free(lhs, [...lhsBatch, ...lhsContract])
  const rhsFree = free(rhs, [...rhsBatch, ...rhsContract])
  const inner = indices(lhsContract.map((dim) => lhs.shape[dim] ?? 0))
  /** Writes the part of an index for given dims. */
  const place = (index: number[], dims: readonly number[], values: Index) => {
    for (let i = 0; i < dims.length; i++) index[dims[i] ?? 0] = values[i] ?? 0
  }
  return [
    generate(resultType(op), (index) => {
      const batch = index.slice(0, lhsBatch.length)
      const left = index.slice(batch.length, batch.length + lhsFree.length)
      const right = index.slice(batch.length + left.length)
      const [l, r]: [number[], number[]] = [[], []]
      place(l, lhsBatch, batch)
      place(l, lhsFree, left)
      place(r, rhsBatch, batch)
      place(r, rhsFree, right)
      return inner.reduce((sum, k) => {
        place(l, lhsContract, k)
        place(r, rhsContract, k)
        return sum + at(lhs, l) * at(rhs, r)
      }, 0)
    }),
  ]
})

interface Tap {
  readonly image: Index
  readonly filter: Index
  readonly result: Index
}

/** All products that a convolution sums: image element, filter element, result element. */
function taps(images: Index, filter: Index, result: Index, params: Conv2dParams): Tap[] {
  const { stride, padding, groups, dilation = [1, 1] } = params
  const [, h = 0, w = 0] = images
  const [kh = 0, kw = 0, cPerGroup = 0, o = 0] = filter
  const found: Tap[] = []
  for (const at of indices(result)) {
    const [n = 0, y = 0, x = 0, out = 0] = at
    const group = Math.floor(out / (o / groups))
    for (const [i = 0, j = 0, c = 0] of indices([kh, kw, cPerGroup])) {
      const row = y * stride[0] + i * dilation[0] - padding[0][0]
      const column = x * stride[1] + j * dilation[1] - padding[1][0]
      if (row < 0 || row >= h || column < 0 || column >= w) continue
      found.push({ image: [n, row, column, group * cPerGroup + c], filter: [i, j, c, out], result: at })
    }
  }
  return found
}

/** The elements of the images under the window of a result, row by row. */
function placesUnder(
  images: Tensor,
  [n = 0, p = 0, q = 0, c = 0]: Index,
  { window, stride, padding }: PoolParams,
): Index[] {
  const [, h = 0, w = 0] = images.shape
  return indices(window).flatMap(([i = 0, j = 0]) => {
    const row = p * stride[0] + i - padding[0][0]
    const column = q * stride[1] + j - padding[1][0]
    return row < 0 || row >= h || column < 0 || column >= w ? [] : [[n, row, column, c]]
  })
}

/** Sums products into the element that `target` names. */
function accumulate(
  type: TensorType,
  all: readonly Tap[],
  target: (t: Tap) => Index,
  product: (t: Tap) => number,
): Tensor {
  const flat = (index: Index) => index.reduce((sum, i, dim) => sum * (type.shape[dim] ?? 0) + i, 0)
  const sums: number[] = indices(type.shape).map(() => 0)
  for (const tap of all) {
    const i = flat(target(tap))
    sums[i] = (sums[i] ?? Number.NaN) + product(tap)
  }
  return tensor(type, sums)
}

/** Means over all dims but the last. */
function channelMeans(shape: Index, element: (index: Index) => number): number[] {
  const channels = shape.at(-1) ?? 0
  const sums: number[] = new Array(channels).fill(0)
  let count = 0
  for (const index of indices(shape)) {
    const c = index.at(-1) ?? 0
    sums[c] = (sums[c] ?? Number.NaN) + element(index)
    count += 1 / channels
  }
  return sums.map((sum) => sum / Math.round(count))
}

const batchNormTraining: ReferenceRule<'batch_norm_training'> = local((op, operands) => {
  const [x, scale, offset] = [operandOf(operands, 0), operandOf(operands, 1), operandOf(operands, 2)]
  const mean = channelMeans(x.shape, (i) => at(x, i))
  const deviation = (i: Index) => at(x, i) - (mean[i.at(-1) ?? 0] ?? Number.NaN)
  const variance = channelMeans(x.shape, (i) => deviation(i) ** 2)
  const y = generate(x, (i) => {
    const c = i.at(-1) ?? 0
    const normal = deviation(i) / Math.sqrt((variance[c] ?? Number.NaN) + op.params.epsilon)
    return normal * at(scale, [c]) + at(offset, [c])
  })
  return [y, tensor(resultType(op, 1), mean), tensor(resultType(op, 2), variance)]
})

/** Ioffe and Szegedy 2015, section 3, with the batch statistics given. */
const batchNormGrad: ReferenceRule<'batch_norm_grad'> = local((op, operands) => {
  const [x, scale, mean] = [operandOf(operands, 0), operandOf(operands, 1), operandOf(operands, 2)]
  const [variance, gradient] = [operandOf(operands, 3), operandOf(operands, 4)]
  const inverse = (c: number) => 1 / Math.sqrt(at(variance, [c]) + op.params.epsilon)
  const normal = (i: Index) => {
    const c = i.at(-1) ?? 0
    return (at(x, i) - at(mean, [c])) * inverse(c)
  }
  const meanGradient = channelMeans(x.shape, (i) => at(gradient, i))
  const meanProduct = channelMeans(x.shape, (i) => at(gradient, i) * normal(i))
  const count = x.data.length / (x.shape.at(-1) ?? 1)
  const dx = generate(x, (i) => {
    const c = i.at(-1) ?? 0
    const centered = at(gradient, i) - (meanGradient[c] ?? Number.NaN) - normal(i) * (meanProduct[c] ?? Number.NaN)
    return centered * at(scale, [c]) * inverse(c)
  })
  const total = (means: readonly number[]) => means.map((m) => m * count)
  return [dx, tensor(resultType(op, 1), total(meanProduct)), tensor(resultType(op, 2), total(meanGradient))]
})

export const referenceLinalg: { readonly [K in LinalgKind]: ReferenceRule<K> } = {
  dot_general: dot,
  conv2d: local((op, operands) => {
    const [x, w] = [operandOf(operands, 0), operandOf(operands, 1)]
    const type = resultType(op)
    const all = taps(x.shape, w.shape, type.shape, op.params)
    return [
      accumulate(
        type,
        all,
        (t) => t.result,
        (t) => at(x, t.image) * at(w, t.filter),
      ),
    ]
  }),
  conv2d_input_grad: local((op, operands) => {
    const [gradient, w] = [operandOf(operands, 0), operandOf(operands, 1)]
    const all = taps(op.params.inputShape, w.shape, gradient.shape, op.params)
    return [
      accumulate(
        resultType(op),
        all,
        (t) => t.image,
        (t) => at(gradient, t.result) * at(w, t.filter),
      ),
    ]
  }),
  conv2d_filter_grad: local((op, operands) => {
    const [x, gradient] = [operandOf(operands, 0), operandOf(operands, 1)]
    const all = taps(x.shape, op.params.filterShape, gradient.shape, op.params)
    return [
      accumulate(
        resultType(op),
        all,
        (t) => t.filter,
        (t) => at(x, t.image) * at(gradient, t.result),
      ),
    ]
  }),
  max_pool: local((op, operands) => {
    const x = operandOf(operands, 0)
    return [
      generate(resultType(op), (index) => Math.max(...placesUnder(x, index, op.params).map((place) => at(x, place)))),
    ]
  }),
  max_pool_grad: local((op, operands) => {
    const [x, y, gradient] = [operandOf(operands, 0), operandOf(operands, 1), operandOf(operands, 2)]
    const winners = indices(y.shape).map((index) => ({
      image: placesUnder(x, index, op.params).find((place) => at(x, place) === at(y, index)) ?? [],
      filter: [],
      result: index,
    }))
    return [
      accumulate(
        resultType(op),
        winners,
        (t) => t.image,
        (t) => at(gradient, t.result),
      ),
    ]
  }),
  batch_norm_training: batchNormTraining,
  batch_norm_grad: batchNormGrad,
}
