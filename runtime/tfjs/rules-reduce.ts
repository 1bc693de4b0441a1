/** Reductions over dims. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { elementCount, type TensorType } from '../../compiler/ir/dtype.ts'
import type { ReduceKind } from '../../compiler/ir/op-family.ts'
import type { Tf } from './backend.ts'
import { type IntegerFunction, integerOps } from './integer-ops.ts'
import { reshaped, transposed } from './movement.ts'
import { type InterpretRule, local, operandOf } from './rule.ts'
import {
  type DenseValue,
  denseArray,
  denseValue,
  type FloatValue,
  floatValue,
  type RuleContext,
  type RuntimeValue,
  share,
  zeros,
} from './value.ts'

/**
 * x as a matrix [kept, reduced]. TensorFlow.js would transpose too, element by element; ours is faster, and its sums over the
 * last dim run in f64.
 */
function asRows<V extends RuntimeValue>(cx: RuleContext, x: V, dims: readonly number[]): V {
  const kept = x.shape.map((_, dim) => dim).filter((dim) => !dims.includes(dim))
  const rows = elementCount(kept.map((dim) => x.shape[dim] as number))
  const columns = elementCount(dims.map((dim) => x.shape[dim] as number))
  return reshaped(cx, transposed(cx, x, [...kept, ...dims]), [rows, columns])
}

function foldRows(f: IntegerFunction, x: DenseValue, type: TensorType): DenseValue {
  const columns = x.shape[1] as number
  const data = denseArray(x.dtype, elementCount(type.shape))
  for (let row = 0; row < data.length; row++) {
    data[row] = x.data[row * columns] as number
    for (let i = 1; i < columns; i++) data[row] = f(data[row] as number, x.data[row * columns + i] as number)
  }
  return denseValue(type, data)
}

function reduce<K extends ReduceKind>(
  floats: (tf: Tf, rows: Tensor) => Tensor,
  integers: 'add' | 'maximum' | 'minimum',
): InterpretRule<K> {
  return local((cx, op, operands, type) => {
    const x = operandOf(operands, 0)
    const { dims } = op.params
    if (dims.length === 0) return share(x)
    if (elementCount(x.shape) === 0) return zeros(cx, type)
    if (x.kind === 'float') return floatValue(cx, type, floats(cx.tf, asRows(cx, x, dims).tensor))
    return foldRows(integerOps[integers](x.dtype), asRows(cx, x, dims), type)
  })
}

/** The sums over all dims but the last: [C] of x [...,C], in f32. */
export function channelSums(cx: RuleContext, x: FloatValue): Tensor {
  return cx.tf.sum(
    asRows(
      cx,
      x,
      x.shape.slice(1).map((_, dim) => dim),
    ).tensor,
    1,
  )
}

export const reduceRules: { readonly [K in ReduceKind]: InterpretRule<K> } = {
  reduce_sum: reduce((tf, rows) => tf.sum(rows, 1), 'add'),
  reduce_max: reduce((tf, rows) => tf.max(rows, 1), 'maximum'),
  reduce_min: reduce((tf, rows) => tf.min(rows, 1), 'minimum'),
}
