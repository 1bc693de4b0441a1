/**
 * Which center rows a chunk of the head processes, how they are read and how their new values are written back: all rows of the
 * device in order, or the slots of a sample.
 *
 * Legend: M center rows of one device, K rows of the step (M, or the slots of the sample), k rows of one chunk, B rows of the
 * batch, D embedding width.
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'

/** Values shared by the chunks of one step. */
export interface StepRows {
  /** i32 [B]: the position of each row's true class among the K rows; out of bounds if another device holds it. */
  readonly slots: Value
  /** i32 []: the number of center rows on the device that hold a class; `undefined` if all do. */
  readonly owned: Value | undefined
  readonly sample: { readonly rows: Value; readonly present: Value } | undefined
}

/** K for a step over centers of M rows. */
export function activeRows(rows: StepRows, centers: Value): number {
  return (rows.sample?.rows ?? centers).type.shape[0] ?? 0
}

/** The rows of one chunk. */
export interface ChunkRows {
  readonly count: number
  /** i32 []: the position of the first of them among the K. */
  readonly start: Value
  /** True if the chunk contains all rows. */
  readonly whole: boolean
}

/** i32 [k], the table rows of a chunk; for an empty slot, a row that does not exist. */
export function chunkRowNumbers(b: GraphBuilder, rows: StepRows, chunk: ChunkRows): Value {
  const { sample } = rows
  if (sample === undefined) {
    const shape = [chunk.count]
    const row = ops.iota(b, { dtype: 'i32', shape }, 0)
    return chunk.whole ? row : ops.add(b, row, ops.broadcastScalar(b, chunk.start, shape))
  }
  return chunk.whole ? sample.rows : ops.dynamicSlice(b, sample.rows, [chunk.start], [chunk.count])
}

/** The chunk's part [k,D] of a table [M,D]: centers, one of their optimizer states, or scales ([M,1]). */
export function readChunk(b: GraphBuilder, rows: StepRows, chunk: ChunkRows, table: Value): Value {
  if (rows.sample !== undefined) return ops.takeRows(b, table, chunkRowNumbers(b, rows, chunk))
  if (chunk.whole) return table
  return ops.dynamicSlice(b, table, [chunk.start, 0], [chunk.count, table.type.shape[1] ?? 0])
}

/** The table with the chunk's part replaced; empty slots change nothing. */
export function writeChunk(b: GraphBuilder, rows: StepRows, chunk: ChunkRows, table: Value, part: Value): Value {
  if (rows.sample !== undefined) return ops.scatterRows(b, table, chunkRowNumbers(b, rows, chunk), part, 'set')
  return chunk.whole ? part : ops.dynamicUpdateSlice(b, table, part, [chunk.start, 0])
}

/** i32 [B]: the true class's row in the chunk; out of [0, k) if it is elsewhere. */
export function chunkSlots(b: GraphBuilder, rows: StepRows, chunk: ChunkRows): Value {
  if (chunk.whole) return rows.slots
  return ops.subtract(b, rows.slots, ops.broadcastScalar(b, chunk.start, rows.slots.type.shape))
}

/** pred [k]: rows that hold a class of this step; `undefined` if all do. */
export function chunkPresence(b: GraphBuilder, rows: StepRows, chunk: ChunkRows): Value | undefined {
  if (rows.sample !== undefined) {
    const { present } = rows.sample
    return chunk.whole ? present : ops.dynamicSlice(b, present, [chunk.start], [chunk.count])
  }
  if (rows.owned === undefined) return undefined
  const row = chunkRowNumbers(b, rows, chunk)
  return ops.compare(b, 'LT', row, ops.broadcastScalar(b, rows.owned, row.type.shape))
}
