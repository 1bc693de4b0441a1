/**
 * Counter-based random numbers as graph ops: a value depends only on its key and its position, so every engine and every number
 * of devices draws the same.
 *
 * Legend: n positions.
 */
import { bug } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import { elementCount, type TensorType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'

const MULTIPLIER_1 = 0x7feb352d
const MULTIPLIER_2 = 0x846ca68b
const GOLDEN = 0x9e3779b9

/** A bijection of 32-bit words with good avalanche: two multiplications, three xor-shifts. */
export function mix(b: GraphBuilder, x: Value): Value {
  const xorShift = (v: Value, by: number) => ops.xor(b, v, ops.shiftRight(b, v, by))
  const first = ops.multiply(b, xorShift(x, 16), MULTIPLIER_1)
  const second = ops.multiply(b, xorShift(first, 15), MULTIPLIER_2)
  return xorShift(second, 16)
}

/** The same bijection on the host. */
export function mixWord(x: number): number {
  let v = x >>> 0
  v = Math.imul(v ^ (v >>> 16), MULTIPLIER_1)
  v = Math.imul(v ^ (v >>> 15), MULTIPLIER_2)
  return (v ^ (v >>> 16)) >>> 0
}

/** A key from a seed and a name: the name's bytes are mixed in one by one. */
export function keyOf(seed: number, name: string): number {
  let key = mixWord(seed ^ GOLDEN)
  for (const byte of new TextEncoder().encode(name)) key = mixWord((key + byte + 0x6d2b79f5) >>> 0)
  return key
}

/** u32: random words for positions `at` with a key; `lane` selects independent words for one position. */
function randomWords(b: GraphBuilder, key: ops.Arg, at: Value, lane: number): Value {
  const keys = typeof key === 'number' ? ops.splat(b, key, at.type) : key
  const mixed = mix(b, ops.xor(b, keys, mixWord(lane + 1)))
  return mix(b, ops.add(b, mixed, ops.multiply(b, at, GOLDEN)))
}

/** f32 in (0, 1]: the upper 24 bits of a word, plus one, over 2^24. */
export function unitInterval(b: GraphBuilder, words: Value): Value {
  return ops.multiply(b, ops.convert(b, ops.add(b, ops.shiftRight(b, words, 8), 1), 'f32'), 2 ** -24)
}

/** f32, uniform in (-bound, bound]. */
export function uniform(b: GraphBuilder, key: ops.Arg, at: Value, bound: number): Value {
  const unit = unitInterval(b, randomWords(b, key, at, 0))
  return ops.subtract(b, ops.multiply(b, unit, 2 * bound), bound)
}

/** f32, normal with mean 0: Box and Muller's cosine branch of two uniform words (Ann. Math. Stat. 29, 1958). */
export function normal(b: GraphBuilder, key: ops.Arg, at: Value, std: number): Value {
  const radius = ops.sqrt(b, ops.multiply(b, ops.log(b, unitInterval(b, randomWords(b, key, at, 0))), -2))
  const angle = ops.multiply(b, unitInterval(b, randomWords(b, key, at, 1)), 2 * Math.PI)
  return ops.multiply(b, ops.multiply(b, radius, ops.cosine(b, angle)), std)
}

/** u32 of `shape`: the row-major position of each element. */
export function positions(b: GraphBuilder, shape: readonly number[]): Value {
  return ops.reshape(b, ops.iota(b, { dtype: 'u32', shape: [elementCount(shape)] }, 0), shape)
}

/**
 * f32[rows, width], normal, keyed by (key, row id, column): row r holds the numbers of global row `firstRow + r`, regardless of
 * the device it is on. `firstRow` is u32[]; the key is a number or u32[].
 */
export function normalRows(
  b: GraphBuilder,
  key: ops.Arg,
  firstRow: Value,
  shape: readonly [number, number],
  std: number,
): Value {
  const { keys, columns } = rowGrid(b, key, firstRow, shape)
  return normal(b, keys, columns, std)
}

/** The same, uniform in (0, 1]. */
export function unitRows(b: GraphBuilder, key: ops.Arg, firstRow: Value, shape: readonly [number, number]): Value {
  const { keys, columns } = rowGrid(b, key, firstRow, shape)
  return unitInterval(b, randomWords(b, keys, columns, 0))
}

/** u32 of `shape`: the key of each element's row, and its column. */
function rowGrid(b: GraphBuilder, key: ops.Arg, firstRow: Value, shape: readonly [number, number]) {
  const rows: TensorType = { dtype: 'u32', shape: [shape[0]] }
  const ids = ops.add(b, ops.iota(b, rows, 0), ops.broadcastScalar(b, firstRow, rows.shape))
  const salt = typeof key === 'number' ? key : ops.broadcastScalar(b, key, rows.shape)
  const rowKeys = mix(b, ops.xor(b, mix(b, ids), salt))
  return { keys: ops.broadcastVector(b, rowKeys, shape, 0), columns: ops.iota(b, { dtype: 'u32', shape }, 1) }
}

/** This replica's entry of a table: u32[]. */
export function perReplica(b: GraphBuilder, table: readonly number[]): Value {
  const [first] = table
  if (first === undefined) return bug('a table without entries')
  if (table.every((entry) => entry === first)) return ops.scalar(b, first, 'u32')
  const values = ops.constant(b, { dtype: 'u32', shape: [table.length] }, Uint32Array.from(table))
  const at = ops.convert(b, ops.replicaId(b), 'i32')
  return ops.reshape(b, ops.dynamicSlice(b, values, [at], [1]), [])
}
