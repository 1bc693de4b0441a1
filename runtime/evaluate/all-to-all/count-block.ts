/** Counts the scores of a block in the process: genuine pairs are collected, each other pair is counted as the device does it. */
import { ordinalOfBits } from './ordinal.ts'
import type { Tiles } from './pair-blocks.ts'
import type { Window } from './thresholds.ts'

export interface GenuineScores {
  readonly scores: Float32Array
  count: number
}

export interface CountedBlock {
  readonly rows: Tiles
  readonly columns: Tiles
  readonly row: number
  readonly column: number
  /** Whether rows and columns are the same pictures, of which each two are one pair. */
  readonly isOneSet: boolean
  /** B. */
  readonly block: number
}

/** `scores` f32[B,B]; `genuine` is `undefined` if they are known. */
export function countBlock(
  scores: Float32Array,
  { rows, columns, row, column, isOneSet, block }: CountedBlock,
  { floor, shift }: Window,
  histogram: Float64Array,
  genuine: GenuineScores | undefined,
): void {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length)
  const last = histogram.length - 1
  const [wide, high] = [columns.rows(column), rows.rows(row)]
  for (let r = 0; r < high; r++) {
    const label = rows.labels[row * block + r] ?? 0
    for (let c = isOneSet && row === column ? r + 1 : 0; c < wide; c++) {
      const at = r * block + c
      if (columns.labels[column * block + c] === label) {
        if (genuine !== undefined) genuine.scores[genuine.count++] = scores[at] ?? 0
        continue
      }
      const ordinal = ordinalOfBits(bits[at] ?? 0)
      if (ordinal < floor) continue
      const bin = Math.min(last, Math.floor((ordinal - floor) / 2 ** shift))
      histogram[bin] = (histogram[bin] ?? 0) + 1
    }
  }
}
