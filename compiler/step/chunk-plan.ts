/**
 * The number of chunks in which the head processes its center rows.
 *
 * Legend: K rows of a step on one device, k of a chunk, W numbers per row: for each center of a class, the B rows of the batch that
 * it is compared with, or its own D numbers, whichever is larger.
 */
import type { Auto } from '../schema/values.ts'

/** Rows of a chunk are a multiple of this, for the matrix units. */
const GRAIN = 8

export interface ChunkPlan {
  readonly count: number
  /** Rows of each chunk. */
  readonly rows: number
  /** K plus the padding of the last chunk: count · rows. */
  readonly padded: number
}

export interface ChunkSizes {
  readonly rows: number
  readonly width: number
  /** The most bytes of a chunk's logits [B,k] or centers [k,D] in f32, whichever is larger, if the planner chooses. */
  readonly bytes: number
}

/** Chunks of `chunk` rows, or the fewest that stay small; one of exactly K rows where it is enough. */
export function chunkPlan({ rows, width, bytes }: ChunkSizes, chunk: Auto<number>): ChunkPlan {
  const wanted = chunk === 'auto' ? Math.floor(bytes / (4 * Math.max(1, width))) : chunk
  if (wanted >= rows) return chunksOf(rows, rows)
  const most = chunk === 'auto' ? Math.max(GRAIN, wanted - (wanted % GRAIN)) : chunk
  const fewest = Math.ceil(rows / most)
  const even = Math.ceil(rows / fewest)
  return chunksOf(rows, chunk === 'auto' ? roundUp(even, GRAIN) : even)
}

/** Chunks of exactly this many rows. */
export function chunksOf(rows: number, chunk: number): ChunkPlan {
  const count = Math.max(1, Math.ceil(rows / chunk))
  return { count, rows: chunk, padded: count * chunk }
}

function roundUp(value: number, grain: number): number {
  return Math.ceil(value / grain) * grain
}
