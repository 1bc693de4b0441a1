/**
 * Runs blocks on all devices. Each device has all tiles, and a histogram of its own.
 *
 * Legend: B rows of a block, D embedding width, K bins, R devices.
 */
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, Executable, StartedRun } from '../../engine.ts'
import type { PairBlock, Tiles } from './pair-blocks.ts'
import { type BlockShape, buildScoreBlock, histogramPlace } from './score-block.ts'
import type { Window } from './thresholds.ts'

export interface CountOptions {
  /** Scores f32[B,B] of a block that is not plain, to be counted in f64[K]. */
  readonly onScores: (block: PairBlock, scores: Float32Array, histogram: Float64Array) => void
  readonly onProgress?: (done: number) => void
  readonly signal?: AbortSignal | undefined
}

export interface BlockRunner {
  /** The scores of blocks, in their order. */
  score(blocks: readonly PairBlock[], onScores: (scores: Float32Array) => void): Promise<void>
  /** The histogram f64[K] of all blocks. */
  count(blocks: readonly PairBlock[], window: Window, options: CountOptions): Promise<Float64Array>
  dispose(): void
}

export interface RunnerSpec extends Omit<BlockShape, 'replicas'> {
  readonly rows: Tiles
  /** Those of `rows` if missing. */
  readonly columns: Tiles | undefined
}

/** An ordinal that no score reaches: nothing is counted. */
const NOTHING = 2 ** 31 - 1
/** One running, one waiting, and one that is read. */
const runsInFlight = 3
const LARGEST_COUNT = 2 ** 32 - 1

/** The caller disposes it. */
export async function createBlockRunner(engine: Engine, spec: RunnerSpec): Promise<BlockRunner> {
  const { local } = engine.world
  const { rows, columns, dim, block, bins } = spec
  const held: DeviceTensor[] = []
  let executable: Executable | undefined
  const dispose = () => {
    for (const tensor of held) tensor.dispose()
    executable?.dispose()
  }
  const everywhere = async (tensor: Parameters<Engine['upload']>[1]) => {
    const all = await engine.uploadAll(Array.from({ length: local }, () => [tensor]))
    const own = all.map((list) => need(list[0], 'a tensor'))
    held.push(...own)
    return own
  }
  const upload = async (tiles: Tiles) => {
    const all: (readonly DeviceTensor[])[] = []
    for (let tile = 0; tile < tiles.count; tile++)
      all.push(await everywhere({ dtype: 'f32', shape: [block, dim], data: tiles.data(tile) }))
    return all
  }
  const number = (value: number) => everywhere({ dtype: 'i32', shape: [], data: Int32Array.of(value) })
  try {
    const graph = buildScoreBlock({ replicas: engine.world.size, block, dim, bins })
    executable = await engine.compile(graph, { donate: new Map([[histogramPlace, histogramPlace]]) })
    const program = executable
    const rowTiles = await upload(rows)
    const columnTiles = columns === undefined ? rowTiles : await upload(columns)
    const nothing = await number(NOTHING)

    /** Runs each round of R blocks; `take` gets the scores of blocks for which `isRead`. Returns the histograms of the devices. */
    const runAll = async (
      blocks: readonly PairBlock[],
      { floor, shift }: Window,
      isRead: (block: PairBlock) => boolean,
      take: (block: PairBlock, scores: Float32Array) => void,
      rounds: { readonly most: number; readonly onRound: (done: number) => void; readonly drain: Drain },
    ) => {
      const first = held.length
      const [floors, shifts] = [await number(floor), await number(shift)]
      let histograms = await newHistograms(engine, bins)
      const flights: Promise<void>[] = []
      const finish = async (run: StartedRun, own: readonly PairBlock[]) => {
        const scores = run.outputs.map((outputs) => need(outputs[1], 'scores'))
        try {
          await run.end()
          for (const [device, one] of own.entries()) {
            if (!isRead(one)) continue
            const { data } = await need(scores[device], 'scores').read()
            take(one, data instanceof Float32Array ? data : bug('scores are not f32'))
          }
        } finally {
          for (const tensor of scores) tensor.dispose()
        }
      }
      try {
        for (let at = 0, round = 1; at < blocks.length; at += local, round++) {
          const own = blocks.slice(at, at + local)
          const inputs = histograms.map((histogram, device) => {
            // A device without a block computes one that is not counted.
            const one = own[device]
            const { row, column } = one ?? need(own[0], 'a block')
            const counted = one !== undefined && !isRead(one)
            const tile = (tiles: readonly (readonly DeviceTensor[])[], i: number) => need(tiles[i]?.[device], 'a tile')
            return [
              histogram,
              tile(rowTiles, row),
              tile(columnTiles, column),
              need((counted ? floors : nothing)[device], 'a floor'),
              need(shifts[device], 'a shift'),
            ]
          })
          const run = await program.start(inputs)
          histograms = run.outputs.map((outputs) => need(outputs[histogramPlace], 'a histogram'))
          const flight = finish(run, own)
          flight.catch(() => undefined)
          flights.push(flight)
          if (flights.length === runsInFlight) await flights.shift()
          rounds.onRound(Math.min(blocks.length, at + local))
          if (round % rounds.most === 0) {
            await Promise.all(flights.splice(0))
            await rounds.drain(histograms)
            for (const histogram of histograms) histogram.dispose()
            histograms = await newHistograms(engine, bins)
          }
        }
        await Promise.all(flights)
        await rounds.drain(histograms)
      } finally {
        await Promise.allSettled(flights)
        for (const histogram of histograms) histogram.dispose()
        for (const tensor of held.splice(first)) tensor.dispose()
      }
    }

    return {
      async score(blocks, onScores) {
        const ignored = { most: Number.POSITIVE_INFINITY, onRound: () => undefined, drain: async () => undefined }
        await runAll(
          blocks,
          { floor: NOTHING, shift: 0 },
          () => true,
          (_, scores) => onScores(scores),
          ignored,
        )
      },
      async count(blocks, window, { onScores, onProgress, signal }) {
        const histogram = new Float64Array(bins)
        let shown = performance.now()
        const onRound = (done: number) => {
          signal?.throwIfAborted()
          if (performance.now() - shown < 1000 && done < blocks.length) return
          shown = performance.now()
          onProgress?.(done)
        }
        // As many blocks as one bin can count.
        const most = Math.max(1, Math.floor(LARGEST_COUNT / (block * block)))
        await runAll(
          blocks,
          window,
          ({ isPlain }) => !isPlain,
          (one, scores) => onScores(one, scores, histogram),
          {
            most,
            onRound,
            drain: (own) => drainInto(histogram, own),
          },
        )
        return histogram
      },
      dispose,
    }
  } catch (error) {
    dispose()
    throw error
  }
}

type Drain = (histograms: readonly DeviceTensor[]) => Promise<void>

async function drainInto(histogram: Float64Array, own: readonly DeviceTensor[]): Promise<void> {
  for (const tensor of own) {
    const { data } = await tensor.read()
    for (let bin = 0; bin < histogram.length; bin++) {
      const count = data[bin] ?? 0
      if (count !== 0) histogram[bin] = (histogram[bin] ?? 0) + count
    }
  }
}

/** Zeros on each device. */
async function newHistograms(engine: Engine, bins: number): Promise<DeviceTensor[]> {
  const zeros = { dtype: 'u32', shape: [bins], data: new Uint32Array(bins) } as const
  const lists = await engine.uploadAll(Array.from({ length: engine.world.local }, () => [zeros]))
  return lists.map((list) => need(list[0], 'a histogram'))
}
