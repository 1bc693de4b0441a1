/**
 * Scores all pairs of many pictures on all devices: the true accept rate (TAR) at false accept rates (FAR), as the MFR track of insightface
 * measures it. Nothing is sampled or rounded: thresholds and counts are those of the sorted list of all scores, where a score is
 * the f32 dot product of two normalized f32 embeddings as the device computes it, once for each pair.
 *
 * Legend: N pictures, B rows of a block, D embedding width, K bins, R devices.
 */
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { Engine } from '../../engine.ts'
import { type BlockRunner, createBlockRunner } from './block-runner.ts'
import { countBlock, type GenuineScores } from './count-block.ts'
import { allToAllErrors } from './messages.ts'
import { numberOf, ordinalOf } from './ordinal.ts'
import {
  countPairs,
  type LabeledEmbeddings,
  type PairBlock,
  type PairCounts,
  pairBlocks,
  tilesOf,
} from './pair-blocks.ts'
import { narrow, newTarget, nextWindow, type Target, type Window, windowOf } from './thresholds.ts'

export const allToAllRates: readonly number[] = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]

export interface AllToAllRequest {
  readonly rows: LabeledEmbeddings
  /** The pictures that those of `rows` are compared with; if missing, each two of `rows` are. */
  readonly columns?: LabeledEmbeddings | undefined
  /** D. */
  readonly dim: number
  /** B: 1024 suits a CPU, 4096 a GPU. */
  readonly block: number
  /** K; chosen by default. */
  readonly bins?: number | undefined
  /** False accept rates; those that fewer than one impostor pair would make are left out. */
  readonly rates?: readonly number[]
  /** Called about once a second at most. `pass` from 1: a second one is needed if the first has not determined all thresholds. */
  readonly onProgress?: ((done: number, blocks: number, pass: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface AllToAllPoint {
  /** The requested false accept rate. */
  readonly far: number
  /** The smallest f32 number that at most far × impostors scores of impostors reach: pairs at or above it are accepted. */
  readonly threshold: number
  readonly falseAccepts: number
  readonly trueAccepts: number
  readonly tar: number
}

export interface AllToAll extends PairCounts {
  readonly points: readonly AllToAllPoint[]
  /** How often all products were computed. */
  readonly passes: number
}

/** Sample scores of blocks: enough to know where the thresholds are about. */
const sampleBlocks = 16
const sampleStep = 7
/** The share of scores that the first histogram has, relative to the largest rate: thresholds are safely within. */
const slack = 1.3
/** 0.001 · 1000 pairs may come out a little below 1. */
const ROUNDING = 1e-9

/** K: with the larger number, one pass is usually enough. */
export function usualBins({ impostors }: PairCounts): number {
  return impostors > 2 ** 28 ? 2 ** 25 : 2 ** 21
}

/** The pairs of a request's labels. Throws ARC6350 if there are none of a kind. */
export function comparedPairs(rows: Int32Array, columns?: Int32Array): PairCounts {
  const pairs = countPairs(rows, columns)
  if (pairs.genuine === 0 || pairs.impostors === 0) throw allToAllErrors('ARC6350', { ...pairs })
  return pairs
}

/** Throws ARC6301 if an embedding is not finite, and ARC6350 if there are no pairs of a kind. */
export async function allToAll(engine: Engine, request: AllToAllRequest): Promise<AllToAll> {
  const { dim, block, rates = allToAllRates, onProgress, signal } = request
  if (request.rows.embeddings.length !== request.rows.labels.length * dim) bug('embeddings and labels differ')
  const rows = tilesOf(request.rows, dim, block)
  const columns = request.columns && tilesOf(request.columns, dim, block)
  const pairs = comparedPairs(rows.labels, columns?.labels)
  const told = rates.filter((far) => far * pairs.impostors >= 1 - ROUNDING)
  const targets = told.map((far) =>
    newTarget(Math.min(pairs.impostors - 1, Math.floor(far * pairs.impostors + ROUNDING))),
  )
  const bins = request.bins ?? usualBins(pairs)
  const blocks = pairBlocks(rows, columns, block)
  const genuine: GenuineScores = { scores: new Float32Array(pairs.genuine), count: 0 }
  const runner = await createBlockRunner(engine, { rows, columns, dim, block, bins })
  let passes = 0
  try {
    let window: Window | undefined = await firstWindow(runner, blocks, Math.max(...told), bins)
    while (window !== undefined) {
      passes++
      const { floor, shift } = window
      const known = passes > 1
      const histogram = await runner.count(
        blocks,
        { floor, shift },
        {
          signal,
          onProgress: (done) => onProgress?.(done, blocks.length, passes),
          onScores: ({ row, column }, scores, counts) =>
            countBlock(
              scores,
              { rows, columns: columns ?? rows, row, column, isOneSet: columns === undefined, block },
              { floor, shift },
              counts,
              known ? undefined : genuine,
            ),
        },
      )
      narrow(targets, histogram, window)
      window = nextWindow(targets, bins)
    }
  } finally {
    runner.dispose()
  }
  const scores = genuine.scores.sort()
  return { ...pairs, passes, points: told.map((far, i) => pointOf(far, need(targets[i], 'a target'), scores)) }
}

/** The window from a little below the threshold of the largest rate on, as a sample of the scores tells. */
async function firstWindow(
  runner: BlockRunner,
  blocks: readonly PairBlock[],
  largest: number,
  bins: number,
): Promise<Window> {
  const plain = blocks.filter(({ isPlain }) => isPlain)
  const everything = windowOf(newTarget(0).low, newTarget(0).high, bins)
  if (plain.length < sampleBlocks) return everything
  const chosen = Array.from({ length: sampleBlocks }, (_, i) =>
    need(plain[Math.floor(((i + 0.5) * plain.length) / sampleBlocks)], 'a block'),
  )
  const sample: number[] = []
  await runner.score(chosen, (scores) => {
    for (let i = 0; i < scores.length; i += sampleStep) sample.push(scores[i] ?? 0)
  })
  const sorted = Float32Array.from(sample).sort()
  const at = Math.floor(sorted.length * (1 - largest * slack))
  if (at < 0) return everything
  const floor = ordinalOf(sorted[at] ?? -1)
  // The highest scores are rarer than the sample shows.
  const top = ordinalOf(Math.min(1.01, Math.abs(sorted.at(-1) ?? 1) * 1.25 + 0.1))
  return windowOf(floor, top, bins)
}

function pointOf(far: number, { found }: Target, genuine: Float32Array): AllToAllPoint {
  const { ordinal, accepted } = need(found, 'a threshold')
  const threshold = numberOf(ordinal)
  const trueAccepts = genuine.length - firstAtLeast(genuine, threshold)
  return { far, threshold, falseAccepts: accepted, trueAccepts, tar: trueAccepts / genuine.length }
}

/** The number of ascending values below `bound`. */
function firstAtLeast(values: Float32Array, bound: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) < bound) low = middle + 1
    else high = middle
  }
  return low
}
