/**
 * The ops as functions: `ops.multiply(b, x, 0.5)`. A number next to a value is a constant of the value's type. There is no other
 * implicit broadcasting; use `broadcastTo` and similar. A call without effect returns its operand.
 */
import { bug } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import { type DType, elementCount, sameShape, type TensorType } from './dtype.ts'
import type { Value } from './graph.ts'
import type { CompareDirection, ConstantData, OpParams } from './op.ts'
import type { BinaryKind, UnaryKind } from './op-family.ts'

/** A value, or a number that takes the type of the other operand. */
export type Arg = Value | number

/** A number repeated over `type`. */
export function splat(b: GraphBuilder, value: number, type: TensorType): Value {
  return b.add('constant', [], { dtype: type.dtype, shape: type.shape, value })
}

/** A number as a tensor of no dims. */
export function scalar(b: GraphBuilder, value: number, dtype: DType): Value {
  return splat(b, value, { dtype, shape: [] })
}

export function constant(b: GraphBuilder, type: TensorType, value: ConstantData): Value {
  return b.add('constant', [], { dtype: type.dtype, shape: type.shape, value })
}

/** 0, 1, 2 … along `dim`. */
export function iota(b: GraphBuilder, type: TensorType, dim: number): Value {
  return b.add('iota', [], { dtype: type.dtype, shape: type.shape, dim })
}

/** Both as values; at least one of them must be a value. */
export function replicaId(b: GraphBuilder): Value {
  return b.add('replica_id', [], {})
}

/** Both as values; at least one of them must be a value. */
function pair(b: GraphBuilder, x: Arg, y: Arg): [Value, Value] {
  if (typeof x !== 'number') return [x, typeof y === 'number' ? splat(b, y, x.type) : y]
  if (typeof y !== 'number') return [splat(b, x, y.type), y]
  return bug(`two numbers, ${x} and ${y}, where at least one tensor is needed`)
}

type Binary = (b: GraphBuilder, x: Arg, y: Arg) => Value

function binary(kind: BinaryKind): Binary {
  return (b, x, y) => b.add(kind, pair(b, x, y), {})
}

export const add: Binary = binary('add')
export const subtract: Binary = binary('subtract')
export const multiply: Binary = binary('multiply')
export const divide: Binary = binary('divide')
/** Has the sign of the dividend. */
export const remainder: Binary = binary('remainder')
export const power: Binary = binary('power')
export const maximum: Binary = binary('maximum')
export const minimum: Binary = binary('minimum')
export const and: Binary = binary('and')
export const or: Binary = binary('or')
export const xor: Binary = binary('xor')
/** Shifts in zeros from the left. */
export const shiftRight: Binary = binary('shift_right_logical')

type Unary = (b: GraphBuilder, x: Value) => Value

function unary(kind: Exclude<UnaryKind, 'convert' | 'bitcast'>): Unary {
  return (b, x) => b.add(kind, [x], {})
}

export const abs: Unary = unary('abs')
export const negate: Unary = unary('negate')
export const sign: Unary = unary('sign')
export const floor: Unary = unary('floor')
export const exponential: Unary = unary('exponential')
export const log: Unary = unary('log')
export const sqrt: Unary = unary('sqrt')
export const rsqrt: Unary = unary('rsqrt')
export const tanh: Unary = unary('tanh')
export const logistic: Unary = unary('logistic')
export const sine: Unary = unary('sine')
export const cosine: Unary = unary('cosine')
export const acos: Unary = unary('acos')
export const erf: Unary = unary('erf')
export const not: Unary = unary('not')
/** `pred`: neither infinite nor NaN. */
export const finite: Unary = unary('is_finite')

/** `x` itself if it already has that dtype. */
export function convert(b: GraphBuilder, x: Value, dtype: DType): Value {
  return x.type.dtype === dtype ? x : b.add('convert', [x], { dtype })
}

/** The bits of `x` as another 32-bit type. */
export function bitcast(b: GraphBuilder, x: Value, dtype: DType): Value {
  return x.type.dtype === dtype ? x : b.add('bitcast', [x], { dtype })
}

/** The same numbers without a gradient: through integers, which have none. */
export function detach(b: GraphBuilder, x: Value): Value {
  const { dtype } = x.type
  if (dtype !== 'f16' && dtype !== 'bf16' && dtype !== 'f32') return bug(`detached ${dtype}`)
  return convert(b, bitcast(b, bitcast(b, convert(b, x, 'f32'), 'u32'), 'f32'), dtype)
}

export function square(b: GraphBuilder, x: Value): Value {
  return multiply(b, x, x)
}

/** `compare(b, 'GT', x, 0)` is x > 0; `pred`. */
export function compare(b: GraphBuilder, direction: CompareDirection, x: Arg, y: Arg): Value {
  return b.add('compare', pair(b, x, y), { direction })
}

/** `x` where `predicate` holds, else `y`; all have the same shape. */
export function select(b: GraphBuilder, predicate: Value, x: Arg, y: Arg): Value {
  return b.add('select', [predicate, ...pair(b, x, y)], {})
}

/** `x` limited to [`low`, `high`]. The gradient is 0 where it is clamped. */
export function clamp(b: GraphBuilder, x: Value, low: Arg, high: Arg): Value {
  return minimum(b, maximum(b, x, low), high)
}

// Movement

/** Repeats `x` over `shape`; its dim i becomes dim `dims[i]`. */
export function broadcastTo(b: GraphBuilder, x: Value, shape: readonly number[], dims: readonly number[]): Value {
  const unchanged = sameShape(x.type.shape, shape) && dims.every((to, from) => to === from)
  return unchanged ? x : b.add('broadcast_in_dim', [x], { shape, dims })
}

/** Repeats a tensor of no dims over `shape`. */
export function broadcastScalar(b: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return broadcastTo(b, x, shape, [])
}

/** Repeats a one-dim tensor over `shape`, along its dim `dim` (counted from the end if negative). */
export function broadcastVector(b: GraphBuilder, x: Value, shape: readonly number[], dim: number): Value {
  return broadcastTo(b, x, shape, [dim < 0 ? shape.length + dim : dim])
}

/** Undoes a reduction over `dims` of a tensor of `shape`: repeats the result along them. */
export function broadcastOver(b: GraphBuilder, x: Value, shape: readonly number[], dims: readonly number[]): Value {
  const kept = shape.map((_, dim) => dim).filter((dim) => !dims.includes(dim))
  return broadcastTo(b, x, shape, kept)
}

export function reshape(b: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return sameShape(x.type.shape, shape) ? x : b.add('reshape', [x], { shape })
}

/** Result dim i is operand dim `permutation[i]`. */
export function transpose(b: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  return permutation.every((dim, i) => dim === i) ? x : b.add('transpose', [x], { permutation })
}

export function reverse(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  return dims.length === 0 ? x : b.add('reverse', [x], { dims })
}

/** Elements `start` to `limit` (exclusive) of `dim`. */
export function sliceDim(b: GraphBuilder, x: Value, dim: number, start: number, limit: number): Value {
  const { shape } = x.type
  if (start === 0 && limit === shape[dim]) return x
  return b.add('slice', [x], {
    start: shape.map((_, i) => (i === dim ? start : 0)),
    limit: shape.map((size, i) => (i === dim ? limit : size)),
    stride: shape.map(() => 1),
  })
}

/** Pads with `fill`; negative edges crop. */
export function pad(b: GraphBuilder, x: Value, fill: number, params: OpParams['pad']): Value {
  const unchanged = [...params.low, ...params.high, ...params.interior].every((count) => count === 0)
  return unchanged ? x : b.add('pad', [x, scalar(b, fill, x.type.dtype)], params)
}

export function concatenate(b: GraphBuilder, parts: readonly Value[], dim: number): Value {
  const [first] = parts
  if (first === undefined) return bug('nothing to concatenate')
  return parts.length === 1 ? first : b.add('concatenate', parts, { dim })
}

/** Starts as i32[] values. */
function starts(b: GraphBuilder, given: readonly Arg[]): Value[] {
  return given.map((start) => (typeof start === 'number' ? scalar(b, start, 'i32') : start))
}

/** A part of `sizes` that starts at `at` (i32[] or numbers, clamped so that it is in bounds). */
export function dynamicSlice(b: GraphBuilder, x: Value, at: readonly Arg[], sizes: readonly number[]): Value {
  return b.add('dynamic_slice', [x, ...starts(b, at)], { sizes })
}

/** `x` with the part that starts at `at` (clamped) replaced by `update`. */
export function dynamicUpdateSlice(b: GraphBuilder, x: Value, update: Value, at: readonly Arg[]): Value {
  return b.add('dynamic_update_slice', [x, update, ...starts(b, at)], {})
}

/** Rows of `table` [M, …] by number, i32[K] (clamped to the table): [K, …]. */
export function takeRows(b: GraphBuilder, table: Value, rows: Value): Value {
  return b.add('gather_rows', [table, rows], {})
}

/** `table` [M, …] with `update` [K, …] put (distinct rows) or added at `rows`, i32[K]; rows outside are dropped. */
export function scatterRows(
  b: GraphBuilder,
  table: Value,
  rows: Value,
  update: Value,
  mode: OpParams['scatter_rows']['mode'],
): Value {
  return b.add('scatter_rows', [table, rows, update], { mode })
}

// Reductions and linear algebra

/** Sums over `dims`; 16-bit floats are summed in f32. The result has the dtype of `x`. */
export function sumOver(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  if (dims.length === 0) return x
  const { dtype } = x.type
  const wide: DType = dtype === 'f16' || dtype === 'bf16' ? 'f32' : dtype
  return convert(b, b.add('reduce_sum', [convert(b, x, wide)], { dims }), dtype)
}

export function maxOver(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  return b.add('reduce_max', [x], { dims })
}

export function minOver(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  return b.add('reduce_min', [x], { dims })
}

/** The mean over `dims` of floats. */
export function meanOver(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  const count = elementCount(dims.map((dim) => x.type.shape[dim] ?? 0))
  return multiply(b, sumOver(b, x, dims), 1 / count)
}

/** The sum of all elements, a tensor of no dims. */
export function sumAll(b: GraphBuilder, x: Value): Value {
  return sumOver(
    b,
    x,
    x.type.shape.map((_, dim) => dim),
  )
}

export interface MatmulOptions {
  readonly transposeLhs?: boolean
  readonly transposeRhs?: boolean
  /** Of the result; defaults to that of the operands. */
  readonly dtype?: DType
}

/** The product of two matrices. */
export function matmul(b: GraphBuilder, x: Value, y: Value, options: MatmulOptions = {}): Value {
  const { transposeLhs = false, transposeRhs = false, dtype = x.type.dtype } = options
  return b.add('dot_general', [x, y], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [transposeLhs ? 0 : 1],
    rhsContract: [transposeRhs ? 1 : 0],
    dtype,
  })
}

/** 1 / max(|x|, epsilon) of the vectors along `dim`, which disappears. */
export function inverseNorm(b: GraphBuilder, x: Value, dim: number, epsilon = 1e-12): Value {
  return rsqrt(b, maximum(b, sumOver(b, square(b, x), [dim]), epsilon * epsilon))
}

/** Sums over the replicas. */
export function sumOverReplicas(b: GraphBuilder, values: readonly Value[]): readonly Value[] {
  return b.addAll('all_reduce', values, { reduction: 'sum' })
}
