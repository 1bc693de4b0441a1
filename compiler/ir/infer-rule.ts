/** The type of a shape rule, and checks shared by the rules. */
import { bug } from '../../grammar/diagnostic.ts'
import { type DType, isFloat, isInteger, sameShape, showType, type TensorType } from './dtype.ts'
import type { Graph } from './graph.ts'
import type { OpKind, OpParams } from './op.ts'

/** The parts of an op that inference sees. */
export interface InferInput<K extends OpKind> {
  readonly operands: readonly TensorType[]
  readonly params: OpParams[K]
  readonly regions: readonly Graph[]
  readonly replicas: number
}

export interface InferOp<K extends OpKind> extends InferInput<K> {
  readonly kind: K
}

/** If types do not fit, a rule calls `bug(...)` with the op, the operand types and what was expected. */
export type InferRule<K extends OpKind> = (op: InferOp<K>) => readonly TensorType[]

type Checked = Pick<InferOp<OpKind>, 'kind' | 'operands'>

/** Raises a bug that names the op and its operands. */
export function misfit(op: Checked, expected: string): never {
  bug(`${op.kind}(${op.operands.map(showType).join(', ')}): expected ${expected}`)
}

/** Raises a bug unless `condition` holds. */
export function expect(condition: boolean, op: Checked, expected: string): asserts condition {
  if (!condition) misfit(op, expected)
}

export function expectCount(op: Checked, count: number): void {
  if (op.operands.length !== count) misfit(op, `${count} operand${count === 1 ? '' : 's'}`)
}

/** Operand `index`, which must exist. */
export function operand(op: Checked, index: number): TensorType {
  return op.operands[index] ?? misfit(op, `an operand ${index}`)
}

/** The only operand. */
export function only(op: Checked): TensorType {
  expectCount(op, 1)
  return operand(op, 0)
}

export function expectSame(op: Checked, type: TensorType, wanted: TensorType): void {
  if (type === wanted || (type.dtype === wanted.dtype && sameShape(type.shape, wanted.shape))) return
  misfit(op, `${showType(wanted)} where ${showType(type)} is`)
}

export function expectType(op: Checked, type: TensorType, dtype: DType, shape: readonly number[]): void {
  expectSame(op, type, { dtype, shape })
}

export function isNumber(dtype: DType): boolean {
  return isFloat(dtype) || isInteger(dtype)
}

export function expectFloat(op: Checked, type: TensorType): void {
  expect(isFloat(type.dtype), op, `a float where ${type.dtype} is`)
}

export function expectNumber(op: Checked, type: TensorType): void {
  expect(isNumber(type.dtype), op, `a number where ${type.dtype} is`)
}

/** An integer in [low, high]. */
export function within(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high
}

/** Dims must be distinct and within a tensor of `rank` dims. */
export function expectDims(op: Checked, dims: readonly number[], rank: number): void {
  const fits = dims.every((dim) => within(dim, 0, rank - 1)) && new Set(dims).size === dims.length
  if (!fits) misfit(op, `distinct dims of a rank ${rank} tensor where [${dims.join(',')}] is`)
}

export function expectShape(op: Checked, shape: readonly number[]): void {
  if (!shape.every((dim) => within(dim, 0, Number.MAX_SAFE_INTEGER)))
    misfit(op, `a shape where [${shape.join(',')}] is`)
}

/** `shape` without `dims`. */
export function withoutDims(shape: readonly number[], dims: readonly number[]): number[] {
  return shape.filter((_, dim) => !dims.includes(dim))
}
