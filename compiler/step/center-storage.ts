/**
 * How the class centers and their optimizer state are stored: as f32, as bf16, or as 8-bit integers with one scale per class.
 * All arithmetic is f32. Values stored in fewer bits are rounded stochastically, with probabilities that preserve the mean, so
 * that changes below the resolution of the narrow type add up (arXiv:1502.02551). The random numbers are keyed by (seed, step,
 * table, class, column), so they depend neither on the number of devices nor on the chunks.
 *
 * Legend: M center rows of one device, one for each class, k of them in a chunk, D their width: the embedding width times the centers
 * of a class.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { DType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { centersTable } from '../ir/state-tensor.ts'
import { keyOf, mix } from './random.ts'

export type Storage = 'f32' | 'bf16' | 'int8'

/** Tables, or parts of them, by name: [M,D] or [k,D]; of scales [M,1] or [k,1]. */
export type Tables = ReadonlyMap<string, Value>

/** The table of an optimizer state of the centers. */
export function centerState(state: string): string {
  return `${centersTable}.${state}`
}

/** The largest stored integer. */
const LARGEST = 127

/** The upper 24 bits of a word times this are in [0, 1). */
const WORD = 2 ** -24

export interface StoredTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly [number, number]
  /** The initial value of every element, for a table initialized with `initial`. */
  readonly initial: number
}

/** The table of scales for a table of integers. */
export function factorTable(name: string): string {
  return `${name}.factor`
}

/** The tensors that store a table of `shape`. */
export function storedTensors(
  name: string,
  storage: Storage,
  shape: readonly [number, number],
  initial: number,
): readonly StoredTensor[] {
  if (storage !== 'int8') return [{ name, dtype: storage, shape, initial }]
  return [
    { name, dtype: 'i8', shape, initial: Math.sign(initial) * LARGEST },
    { name: factorTable(name), dtype: 'f32', shape: [shape[0], 1], initial: Math.abs(initial) / LARGEST },
  ]
}

/** The numbers in a part of a table, f32 [k,D]. */
export function loadTable(b: GraphBuilder, name: string, storage: Storage, parts: Tables): Value {
  const stored = ops.convert(b, need(parts.get(name), name), 'f32')
  if (storage !== 'int8') return stored
  const factor = need(parts.get(factorTable(name)), `the factors of ${name}`)
  return ops.multiply(b, stored, ops.broadcastTo(b, factor, stored.type.shape, [0, 1]))
}

/** The key of stochastic rounding. */
export interface RoundingKey {
  /** u32 [], of seed and step. */
  readonly step: Value
  /** u32 [k], global class ids of the rows. */
  readonly classes: Value
}

/** u32 []: the part of the key shared by the whole step. `step` is i32 []. */
export function roundingStep(b: GraphBuilder, seed: number, step: Value): Value {
  return mix(b, ops.xor(b, ops.convert(b, step, 'u32'), keyOf(seed, 'rounding')))
}

/** The tensors that store f32 [k,D] `value` in a part of a table. `key` is unused for f32. */
export function storeTable(
  b: GraphBuilder,
  name: string,
  storage: Storage,
  value: Value,
  key: RoundingKey | undefined,
): readonly (readonly [string, Value])[] {
  if (storage === 'f32') return [[name, value]]
  const words = randomWords(b, name, need(key, 'a key for rounding'), value.type.shape[1] ?? 0)
  if (storage === 'bf16') return [[name, roundToBf16(b, value, words)]]
  const { whole, factor } = roundToInt8(b, value, words)
  return [
    [name, whole],
    [factorTable(name), factor],
  ]
}

/** u32 [k,D] */
function randomWords(b: GraphBuilder, name: string, key: RoundingKey, width: number): Value {
  const count = key.classes.type.shape[0] ?? 0
  const table = mix(b, ops.xor(b, key.step, keyOf(0, name)))
  const rows = mix(b, ops.xor(b, mix(b, key.classes), ops.broadcastScalar(b, table, [count])))
  const columns = ops.iota(b, { dtype: 'u32', shape: [count, width] }, 1)
  const positions = ops.multiply(b, columns, 0x9e3779b9)
  return mix(b, ops.add(b, ops.broadcastVector(b, rows, [count, width], 0), positions))
}

/**
 * Adds 16 random bits below the 16 that stay, then drops them: rounds away from zero with a probability equal to the dropped
 * fraction.
 */
function roundToBf16(b: GraphBuilder, value: Value, words: Value): Value {
  const raised = ops.add(b, ops.bitcast(b, value, 'u32'), ops.shiftRight(b, words, 16))
  return ops.convert(b, ops.bitcast(b, ops.and(b, raised, 0xffff0000), 'f32'), 'bf16')
}

/** i8 [k,D] and the scales f32 [k,1] that restore the numbers. */
function roundToInt8(b: GraphBuilder, value: Value, words: Value): { readonly whole: Value; readonly factor: Value } {
  const [count = 0] = value.type.shape
  const largest = ops.maxOver(b, ops.abs(b, value), [1])
  const inverse = ops.select(b, ops.compare(b, 'GT', largest, 0), ops.divide(b, LARGEST, largest), 0)
  const scaled = ops.multiply(b, value, ops.broadcastVector(b, inverse, value.type.shape, 0))
  const chance = ops.multiply(b, ops.convert(b, ops.shiftRight(b, words, 8), 'f32'), WORD)
  const whole = ops.clamp(b, ops.floor(b, ops.add(b, scaled, chance)), -LARGEST, LARGEST)
  return {
    whole: ops.convert(b, whole, 'i8'),
    factor: ops.reshape(b, ops.multiply(b, largest, 1 / LARGEST), [count, 1]),
  }
}
