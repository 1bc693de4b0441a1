/**
 * In how many pieces the head works on its center rows.
 *
 * Legend: K rows of a step on one device, k of a chunk, W what stands beside each of them: the B rows of the batch that it is
 * compared with, or the D numbers of its center where these are more.
 */
import type { Auto } from '../schema/values.ts'

/**
 * Bytes of one chunk's logits [B,k] or centers [k,D] in f32, whichever are more. Smaller chunks leave the matrix units waiting for
 * the loop, larger ones only cost memory: cosines, gradients and new centers are of the same sizes.
 */
const CHUNK_BYTES = 64 * 2 ** 20

/** Rows of a chunk are a multiple of this, as matrix units want them. */
const GRAIN = 8

export interface ChunkPlan {
  readonly count: number
  /** Rows of each chunk. */
  readonly rows: number
  /** K and what fills up the last chunk: count · rows. */
  readonly padded: number
}

/** Chunks of `chunk` rows, or the fewest that stay small; one of exactly K rows where it is enough. */
export function chunkPlan(rows: number, width: number, chunk: Auto<number>): ChunkPlan {
  const wanted = chunk === 'auto' ? Math.floor(CHUNK_BYTES / (4 * Math.max(1, width))) : chunk
  if (wanted >= rows) return chunksOf(rows, rows)
  const most = chunk === 'auto' ? Math.max(GRAIN, wanted - (wanted % GRAIN)) : chunk
  const fewest = Math.ceil(rows / most)
  const even = Math.ceil(rows / fewest)
  return chunksOf(rows, chunk === 'auto' ? roundUp(even, GRAIN) : even)
}

/** Chunks of exactly so many rows. */
export function chunksOf(rows: number, chunk: number): ChunkPlan {
  const count = Math.max(1, Math.ceil(rows / chunk))
  return { count, rows: chunk, padded: count * chunk }
}

function roundUp(value: number, grain: number): number {
  return Math.ceil(value / grain) * grain
}
