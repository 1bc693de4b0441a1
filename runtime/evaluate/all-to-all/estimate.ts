/**
 * What comparing all pictures will take, from the speed of some blocks on the devices at hand.
 *
 * Legend: N pictures, B rows of a block, D embedding width, K bins, R devices.
 */
import { need } from '../../../grammar/diagnostic.ts'
import type { Engine } from '../../engine.ts'
import { usualBins } from './all-to-all.ts'
import { createBlockRunner } from './block-runner.ts'
import { type PairBlock, type PairCounts, tilesOf } from './pair-blocks.ts'

export interface AllToAllEstimate {
  readonly blocks: number
  /** Seconds of one pass over all blocks, on all devices. */
  readonly seconds: number
  /** Bytes on each device, and of the process. Devices of the CPU take theirs from the same memory. */
  readonly deviceBytes: number
  readonly hostBytes: number
}

export interface SetSize extends PairCounts {
  /** N. */
  readonly images: number
  /** D. */
  readonly dim: number
  /** B. */
  readonly block: number
}

/** Blocks of each device that are timed, in a short and in a long run: what a run takes besides does not count. */
const shortRun = 2
const longRun = 10

/** Bytes of the tiles and two histograms on a device, and of the blocks that are computed there at the same time. */
function deviceBytes({ images, dim, block }: SetSize, bins: number): number {
  const tiles = Math.ceil(images / block) * block * dim * 4
  // Scores, bins and ones of three blocks.
  return tiles + 2 * 4 * bins + 3 * 3 * 4 * block * block
}

/** Bytes of the embeddings, the labels, the scores of one person, and the histogram as f64 and as it is read. */
export function hostBytes(size: Omit<SetSize, 'block'>): number {
  const { images, dim, genuine } = size
  return images * dim * 4 + images * 12 + genuine * 4 + usualBins(size) * (8 + 4 + 4)
}

/** Times blocks of random embeddings of this size. */
export async function estimateAllToAll(engine: Engine, size: SetSize): Promise<AllToAllEstimate> {
  const { dim, block, images } = size
  const bins = usualBins(size)
  const { local } = engine.world
  let state = 1
  const embeddings = Float32Array.from({ length: 2 * block * dim }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  })
  const labels = Int32Array.from({ length: 2 * block }, (_, i) => (i < block ? 0 : 1))
  const rows = tilesOf({ embeddings, labels }, dim, block)
  const runner = await createBlockRunner(engine, { rows, columns: undefined, dim, block, bins })
  const timed = async (blocks: number) => {
    const own = Array.from({ length: blocks * local }, (): PairBlock => ({ row: 0, column: 1, isPlain: true }))
    const began = performance.now()
    await runner.count(own, { floor: 0, shift: 0 }, { onScores: () => undefined })
    return (performance.now() - began) / 1000
  }
  try {
    await timed(shortRun)
    const times = []
    for (let round = 0; round < 3; round++) times.push((await timed(longRun)) - (await timed(shortRun)))
    const middle = Math.max(1e-9, need(times.sort((a, b) => a - b)[1], 'a time'))
    const tiles = Math.ceil(images / block)
    const blocks = (tiles * (tiles + 1)) / 2
    return {
      blocks,
      seconds: (middle / (longRun - shortRun)) * Math.ceil(blocks / local),
      deviceBytes: deviceBytes(size, bins),
      hostBytes: hostBytes(size),
    }
  } finally {
    runner.dispose()
  }
}
