/** ONNX operators of movement: most ops only rename the dims of a view. */
import { operandAt, resultAt } from '../../../compiler/ir/graph.ts'
import type { MovementKind } from '../../../compiler/ir/op-family.ts'
import { type Extent, isOne, sameExtent } from './extents.ts'
import { int } from './model.ts'
import { absent, type OnnxRules, unsupported } from './rule.ts'
import { definedAxes, inOrder, jointAxes, renamed, type View } from './view.ts'

const onlyTraining = 'which only training has'

export const movementRules: OnnxRules<MovementKind> = {
  broadcast_in_dim(op, scope) {
    const { dims } = op.params
    const { view, extents } = scope.placed(operandAt(op, 0))
    const wanted = scope.extents(resultAt(op, 0))
    const isRepeated = (dim: number) => !sameExtent(extents[dim], wanted[dims[dim] ?? -1])
    return renamed(view, (dim) => (isRepeated(dim) ? undefined : dims[dim]))
  },
  reshape(op, scope) {
    const { view, extents } = scope.placed(operandAt(op, 0))
    const wanted = scope.extents(resultAt(op, 0))
    const longOf = (all: readonly Extent[]) => all.flatMap((extent, dim) => (isOne(extent) ? [] : [dim]))
    const [from, to] = [longOf(extents), longOf(wanted)]
    if (from.length === to.length && from.every((dim, i) => sameExtent(extents[dim], wanted[to[i] ?? -1])))
      return renamed(view, (dim) => (from.includes(dim) ? to[from.indexOf(dim)] : undefined))
    const whole = scope.emitter.whole({ view, extents }, inOrder(extents.length))
    const isFlatten = wanted.length === 2 && extents.length > 2 && sameExtent(extents[0], wanted[0])
    const tensor = isFlatten
      ? scope.emitter.node('Flatten', [whole], { axis: int(1) })
      : scope.emitter.node('Reshape', [whole, scope.emitter.shape(wanted, true)])
    return { tensor, axes: inOrder(wanted.length) }
  },
  transpose(op, scope) {
    const { permutation } = op.params
    return renamed(scope.placed(operandAt(op, 0)).view, (dim) => permutation.indexOf(dim))
  },
  reverse: absent('which only mirror images have'),
  slice(op, scope) {
    const { start, limit, stride } = op.params
    const { view, extents } = scope.placed(operandAt(op, 0))
    const { shape } = operandAt(op, 0).type
    const cut = shape.flatMap((size, dim) =>
      start[dim] === 0 && limit[dim] === size && stride[dim] === 1 ? [] : [dim],
    )
    // Along other dims all elements are equal.
    const there = cut.filter((dim) => view.axes.includes(dim))
    if (there.some((dim) => extents[dim]?.ofBatch === true && scope.extents(resultAt(op, 0))[dim]?.ofBatch === true))
      return unsupported(op, 'which takes a part of the images')
    if (there.length === 0) return view
    const { emitter } = scope
    const at = (values: readonly number[]) => emitter.wholes(there.map((dim) => values[dim] ?? 0))
    const axes = emitter.wholes(there.map((dim) => view.axes.indexOf(dim)))
    return {
      tensor: emitter.node('Slice', [emitter.nameOf(view), at(start), at(limit), axes, at(stride)]),
      axes: view.axes,
    }
  },
  pad: absent('which only gradients have'),
  concatenate(op, scope) {
    const { dim } = op.params
    const operands = op.operands.map(scope.placed)
    const order = concatenationOrder(
      operands.map(({ view }) => view),
      resultAt(op, 0).type.shape.length,
    )
    const names = operands.map((placed) => scope.emitter.whole(placed, order))
    return { tensor: scope.emitter.node('Concat', names, { axis: int(order.indexOf(dim)) }), axes: order }
  },
  dynamic_slice: absent(onlyTraining),
  dynamic_update_slice: absent(onlyTraining),
  gather_rows(op, scope) {
    const rows = operandAt(op, 1)
    // ONNX does not clamp; network code checks constant positions.
    if (rows.op.kind !== 'constant') return unsupported(op, 'with positions that are not constant')
    const { emitter } = scope
    const placed = scope.placed(operandAt(op, 0))
    const order = inOrder(placed.extents.length)
    const table = emitter.whole(placed, order)
    const positions = emitter.whole(scope.placed(rows), [0])
    return { tensor: emitter.node('Gather', [table, positions], { axis: int(0) }), axes: order }
  },
  scatter_rows: absent(onlyTraining),
}

/** All dims, in the order of the operand that has most of them. */
function concatenationOrder(views: readonly View[], rank: number): readonly number[] {
  const joint = definedAxes(jointAxes(views.map(({ axes }) => axes)))
  return joint.length === rank ? joint : inOrder(rank)
}
