/**
 * ONNX operators of reductions, products and convolutions. Convolutions are on [N,C,H,W] with filters [O,C/groups,kh,kw].
 *
 * Legend: N batch, H W height and width, C channels, O output channels.
 */
import { type OpOf, operandAt, resultAt, type Value } from '../../../compiler/ir/graph.ts'
import type { CollectiveKind, ControlKind, LinalgKind, ReduceKind } from '../../../compiler/ir/op-family.ts'
import type { Emitter, Scope } from './emitter.ts'
import { type Extent, isOne } from './extents.ts'
import { type Attributes, int, ints } from './model.ts'
import { absent, elementTypes, type OnnxRules, unsupported } from './rule.ts'
import { inOrder, renamed, type View } from './view.ts'

/** The dims of images in the order of ONNX. */
export const nchw = [0, 3, 1, 2] as const
/** The dims of filters in the order of ONNX. */
export const oihw = [3, 2, 0, 1] as const

/** Dims stay with size 1 in the tensor, so that it repeats as the value does; the value has them no more. */
function reduction(operator: string, axesAreInput: (opset: number) => boolean) {
  return (op: OpOf<ReduceKind>, scope: Scope): View => {
    const { emitter } = scope
    const { dims } = op.params
    const placed = scope.placed(operandAt(op, 0))
    const { extents } = placed
    const isHere = (dim: number) =>
      placed.view.axes.includes(dim) || isOne(extents[dim] ?? { count: 1, ofBatch: false })
    const view: View = dims.every(isHere)
      ? placed.view
      : { tensor: emitter.whole(placed, inOrder(extents.length)), axes: inOrder(extents.length) }
    const kept = inOrder(extents.length).filter((dim) => !dims.includes(dim))
    const at = dims.map((dim) => view.axes.indexOf(dim)).filter((axis) => axis >= 0)
    const after = renamed(view, (dim) => (dims.includes(dim) ? undefined : kept.indexOf(dim)))
    if (at.length === 0) return after
    const name = emitter.nameOf(view)
    const tensor = axesAreInput(emitter.opset)
      ? emitter.node(operator, [name, emitter.wholes(at)], { keepdims: int(1) })
      : emitter.node(operator, [name], { axes: ints(at), keepdims: int(1) })
    return { ...after, tensor }
  }
}

const since18 = (opset: number) => opset >= 18

export const reduceRules: OnnxRules<ReduceKind> = {
  reduce_sum: reduction('ReduceSum', () => true),
  reduce_max: reduction('ReduceMax', since18),
  reduce_min: reduction('ReduceMin', since18),
}

/** Convolves; `weights` are the filter and perhaps a bias. */
export function emitConv(
  op: OpOf<'conv2d'>,
  x: string,
  weights: readonly string[],
  { node }: Pick<Emitter, 'node'>,
): View {
  const { stride, padding, groups, dilation = [1, 1] } = op.params
  const [[top, bottom], [left, right]] = padding
  const [kh = 0, kw = 0] = op.operands[1]?.type.shape ?? []
  const attributes: Attributes = {
    dilations: ints(dilation),
    group: int(groups),
    kernel_shape: ints([kh, kw]),
    pads: ints([top, left, bottom, right]),
    strides: ints(stride),
  }
  return { tensor: node('Conv', [x, ...weights], attributes), axes: nchw }
}

/** A product as MatMul: batch dims, then one free and one contracted dim each. */
function emitProduct(op: OpOf<'dot_general'>, scope: Scope): View {
  const { emitter } = scope
  const { lhsBatch, rhsBatch, lhsContract, rhsContract, dtype } = op.params
  const [x, y] = [operandAt(op, 0), operandAt(op, 1)]
  const freeOf = (value: Value, ...taken: readonly (readonly number[])[]) =>
    inOrder(value.type.shape.length).filter((dim) => !taken.flat().includes(dim))
  const [lhsFree, rhsFree] = [freeOf(x, lhsBatch, lhsContract), freeOf(y, rhsBatch, rhsContract)]
  const sizesOf = (value: Value, dims: readonly number[]) => dims.map((dim) => scope.placed(value).extents[dim] ?? one)
  const wide = (name: string) =>
    x.type.dtype === dtype ? name : emitter.node('Cast', [name], { to: int(typeNumber(op, dtype)) })
  const side = (value: Value, order: readonly (readonly number[])[]) => {
    const name = wide(emitter.whole(scope.placed(value), order.flat()))
    const [batch = [], ...pair] = order
    if (pair.every((dims) => dims.length === 1)) return name
    const sizes = [...sizesOf(value, batch), ...pair.map((dims) => productOf(sizesOf(value, dims)))]
    return emitter.node('Reshape', [name, emitter.shape(sizes, true)])
  }
  const left = side(x, [lhsBatch, lhsFree, lhsContract])
  const right = side(y, [rhsBatch, rhsContract, rhsFree])
  const product = emitter.node('MatMul', [left, right])
  const wanted = scope.extents(resultAt(op, 0))
  const isPlain = lhsFree.length === 1 && rhsFree.length === 1
  const tensor = isPlain ? product : emitter.node('Reshape', [product, emitter.shape(wanted, true)])
  return { tensor, axes: inOrder(wanted.length) }
}

const one: Extent = { count: 1, ofBatch: false }

function productOf(extents: readonly Extent[]): Extent {
  return extents.reduce((a, b) => ({ count: a.count * b.count, ofBatch: a.ofBatch || b.ofBatch }), one)
}

function typeNumber(op: OpOf<'dot_general'>, dtype: OpOf<'dot_general'>['params']['dtype']): number {
  return dtype === 'bf16' ? unsupported(op, 'with the type bf16, which exports do not have') : elementTypes[dtype]
}

const ofTraining = 'which only training has'

export const linalgRules: OnnxRules<LinalgKind> = {
  dot_general: emitProduct,
  conv2d(op, scope) {
    const { emitter } = scope
    const x = emitter.whole(scope.placed(operandAt(op, 0)), nchw)
    const filter = emitter.whole(scope.placed(operandAt(op, 1)), oihw)
    return emitConv(op, x, [filter], { node: (...given) => emitter.node(...given) })
  },
  conv2d_input_grad: absent('which only gradients have'),
  conv2d_filter_grad: absent('which only gradients have'),
  max_pool(op, scope) {
    const { window, stride, padding } = op.params
    const [[top, bottom], [left, right]] = padding
    const x = scope.emitter.whole(scope.placed(operandAt(op, 0)), nchw)
    const tensor = scope.emitter.node('MaxPool', [x], {
      kernel_shape: ints(window),
      pads: ints([top, left, bottom, right]),
      strides: ints(stride),
    })
    return { tensor, axes: nchw }
  },
  max_pool_grad: absent('which only gradients have'),
  batch_norm_training: absent('which takes the statistics of a batch: only training does'),
  batch_norm_grad: absent('which only gradients have'),
}

const ofDevices = 'which joins devices: only training does'

export const controlRules: OnnxRules<ControlKind | CollectiveKind> = {
  for_loop: absent(ofTraining),
  optimization_barrier: absent(ofTraining),
  all_reduce: absent(ofDevices),
  all_gather: absent(ofDevices),
  reduce_scatter: absent(ofDevices),
}
