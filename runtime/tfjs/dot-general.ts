/** General dot products, as batched matrix products. */
import { elementCount, type TensorType } from '../../compiler/ir/dtype.ts'
import type { OpParams } from '../../compiler/ir/op.ts'
import { reshaped, transposed } from './movement.ts'
import { type InterpretRule, local, operandOf } from './rule.ts'
import {
  asDense,
  asFloat,
  type DenseValue,
  denseArray,
  denseDType,
  denseValue,
  floatValue,
  type RuleContext,
  type RuntimeValue,
  zeros,
} from './value.ts'

interface Dims {
  readonly batch: readonly number[]
  readonly free: readonly number[]
  readonly contract: readonly number[]
}

function dimsOf(x: RuntimeValue, batch: readonly number[], contract: readonly number[]): Dims {
  const free = x.shape.map((_, dim) => dim).filter((dim) => !batch.includes(dim) && !contract.includes(dim))
  return { batch, free, contract }
}

interface Matrices<V> {
  /** [batch, rows, columns] */
  readonly value: V
  /** Whether the columns are the free dims. */
  readonly freeLast: boolean
}

/** x as a batch of matrices, transposed only if its dims are in neither order that a matrix product accepts. */
function matrices<V extends RuntimeValue>(cx: RuleContext, x: V, { batch, free, contract }: Dims): Matrices<V> {
  const count = (dims: readonly number[]) => elementCount(dims.map((dim) => x.shape[dim] as number))
  const contractFirst = [...batch, ...contract, ...free]
  if (contractFirst.every((dim, i) => dim === i)) {
    return { value: reshaped(cx, x, [count(batch), count(contract), count(free)]), freeLast: true }
  }
  const moved = transposed(cx, x, [...batch, ...free, ...contract])
  return { value: reshaped(cx, moved, [count(batch), count(free), count(contract)]), freeLast: false }
}

/** Sums of integer products, wrapping like i32. */
function integerDot(lhs: Matrices<DenseValue>, rhs: Matrices<DenseValue>, type: TensorType): DenseValue {
  const data = denseArray(denseDType(type.dtype), elementCount(type.shape))
  const [batch = 0, a = 0, b = 0] = lhs.value.shape
  const [rows, inner] = lhs.freeLast ? [b, a] : [a, b]
  const columns = rhs.value.shape[rhs.freeLast ? 2 : 1] as number
  const [rowStep, lhsStep] = lhs.freeLast ? [1, rows] : [inner, 1]
  const [columnStep, rhsStep] = rhs.freeLast ? [1, columns] : [inner, 1]
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0
        for (let k = 0; k < inner; k++) {
          const x = lhs.value.data[n * rows * inner + i * rowStep + k * lhsStep] as number
          const y = rhs.value.data[n * inner * columns + j * columnStep + k * rhsStep] as number
          sum = (sum + Math.imul(x, y)) | 0
        }
        data[(n * rows + i) * columns + j] = sum
      }
    }
  }
  return denseValue(type, data)
}

export const dotGeneral: InterpretRule<'dot_general'> = local((cx, op, operands, type) => {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract }: OpParams['dot_general'] = op.params
  const lhs = operandOf(operands, 0)
  const rhs = operandOf(operands, 1)
  if (elementCount(lhs.shape) === 0 || elementCount(rhs.shape) === 0) return zeros(cx, type)
  const lhsDims = dimsOf(lhs, lhsBatch, lhsContract)
  const rhsDims = dimsOf(rhs, rhsBatch, rhsContract)
  if (lhs.kind === 'dense') {
    return integerDot(matrices(cx, lhs, lhsDims), matrices(cx, asDense(rhs), rhsDims), type)
  }
  const left = matrices(cx, lhs, lhsDims)
  const right = matrices(cx, asFloat(rhs), rhsDims)
  return floatValue(cx, type, cx.tf.matMul(left.value.tensor, right.value.tensor, left.freeLast, !right.freeLast))
})
