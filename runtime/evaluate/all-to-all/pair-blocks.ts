/**
 * All pairs of a set, or of two, as blocks of tiles. Pictures are ordered by their label, so that genuine pairs lie in few blocks.
 *
 * Legend: N pictures, B rows of a tile, D embedding width.
 */
import { evaluateErrors } from '../messages.ts'

export interface LabeledEmbeddings {
  /** f32[N,D]. */
  readonly embeddings: Float32Array
  /** i32[N]: equal labels are one person. */
  readonly labels: Int32Array
}

/** A set in tiles of B rows; the last one may have fewer. */
export interface Tiles {
  readonly count: number
  /** Labels in the order of the rows, i32[N]. */
  readonly labels: Int32Array
  /** Pictures in a tile. */
  rows(tile: number): number
  /** The normalized embeddings of a tile, f32[B,D]; missing rows are 0. */
  data(tile: number): Float32Array<ArrayBuffer>
}

/** Throws ARC6301 if an embedding is not finite. A zero embedding stays zero. */
export function tilesOf({ embeddings, labels }: LabeledEmbeddings, dim: number, block: number): Tiles {
  const bad = embeddings.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) {
    const index = Math.floor(bad / dim)
    throw evaluateErrors('ARC6301', { dim: bad % dim, which: 'picture', index, value: embeddings[bad] ?? Number.NaN })
  }
  // Sorting is stable.
  const order = Uint32Array.from(labels.keys()).sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0))
  const rows = (tile: number) => Math.min(block, labels.length - tile * block)
  return {
    count: Math.ceil(labels.length / block),
    labels: Int32Array.from(order, (i) => labels[i] ?? 0),
    rows,
    data(tile) {
      const data = new Float32Array(block * dim)
      for (let row = 0; row < rows(tile); row++) {
        const from = (order[tile * block + row] ?? 0) * dim
        let square = 0
        for (let d = from; d < from + dim; d++) square += (embeddings[d] ?? 0) ** 2
        const norm = square > 0 ? Math.sqrt(square) : 1
        for (let d = 0; d < dim; d++) data[row * dim + d] = (embeddings[from + d] ?? 0) / norm
      }
      return data
    },
  }
}

export interface PairBlock {
  readonly row: number
  readonly column: number
  /** Whether each pair of it shows two people and counts: the device counts such blocks, the process the others. */
  readonly isPlain: boolean
}

/** The blocks of all pairs of `rows` with `columns`, or of each two of `rows`. */
export function pairBlocks(rows: Tiles, columns: Tiles | undefined, block: number): PairBlock[] {
  const others = columns ?? rows
  const range = (tiles: Tiles, tile: number) => {
    const first = tile * block
    return [tiles.labels[first] ?? 0, tiles.labels[first + tiles.rows(tile) - 1] ?? 0] as const
  }
  const blocks: PairBlock[] = []
  for (let row = 0; row < rows.count; row++) {
    const [low, high] = range(rows, row)
    for (let column = columns === undefined ? row : 0; column < others.count; column++) {
      const [first, last] = range(others, column)
      const isWhole = rows.rows(row) === block && others.rows(column) === block
      const isApart = high < first || last < low
      blocks.push({ row, column, isPlain: isWhole && isApart })
    }
  }
  return blocks
}

/** Pairs of one person and of two. */
export interface PairCounts {
  readonly genuine: number
  readonly impostors: number
}

export function countPairs(rows: Int32Array, columns: Int32Array | undefined): PairCounts {
  const counts = new Map<number, number>()
  for (const label of rows) counts.set(label, (counts.get(label) ?? 0) + 1)
  let genuine = 0
  if (columns === undefined) for (const count of counts.values()) genuine += (count * (count - 1)) / 2
  else for (const label of columns) genuine += counts.get(label) ?? 0
  const all = columns === undefined ? (rows.length * (rows.length - 1)) / 2 : rows.length * columns.length
  return { genuine, impostors: all - genuine }
}
