/** In how many pieces the head works on its center rows. Legend: K rows of a step on one device, B rows of the batch it compares. */

/**
 * Bytes of one chunk's logits in f32. Smaller chunks leave the matrix units waiting for the loop, larger ones only cost memory: a
 * chunk's gradients and cosines are of the same size.
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

/** Chunks of `chunk` rows, or the fewest whose logits stay small; one of exactly K rows where it is enough. */
export function chunkPlan(rows: number, batch: number, chunk: number | 'auto'): ChunkPlan {
  const wanted = chunk === 'auto' ? Math.floor(CHUNK_BYTES / (4 * Math.max(1, batch))) : chunk
  if (wanted >= rows) return { count: 1, rows, padded: rows }
  const most = chunk === 'auto' ? Math.max(GRAIN, wanted - (wanted % GRAIN)) : chunk
  const fewest = Math.ceil(rows / most)
  const even = Math.ceil(rows / fewest)
  const own = chunk === 'auto' ? roundUp(even, GRAIN) : even
  const count = Math.ceil(rows / own)
  return { count, rows: own, padded: count * own }
}

function roundUp(value: number, grain: number): number {
  return Math.ceil(value / grain) * grain
}
