/**
 * Runs blocks on all devices. Each device has all tiles that its blocks need, and a histogram of its own.
 *
 * Legend: B rows of a block, D embedding width, K bins, R devices.
 */
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, Executable, HostTensor, StartedRun } from '../../engine.ts'
import type { PairBlock, Tiles } from './pair-blocks.ts'
import { type BlockShape, buildScoreBlock, buildZeros, histogramPlace } from './score-block.ts'
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
/** Milliseconds between reports. */
const reportEvery = 1000

/** `[device]` */
type OnDevices = readonly DeviceTensor[]

/** Blocks to run, and what becomes of them. */
interface Work {
  readonly blocks: readonly PairBlock[]
  readonly window: Window
  /** Whether the scores of a block go to `take`, instead of into the histogram. */
  readonly isRead: (block: PairBlock) => boolean
  readonly take: (block: PairBlock, scores: Float32Array) => void
  readonly onRound: (done: number) => void
  /** Takes the histograms of the devices, as often as their counts would overflow, and at the end. */
  readonly drain: (histograms: OnDevices) => Promise<void>
}

/** The caller disposes it. */
export async function createBlockRunner(engine: Engine, spec: RunnerSpec): Promise<BlockRunner> {
  const { dim, block, bins } = spec
  const { size } = engine.world
  const graph = buildScoreBlock({ replicas: size, block, dim, bins })
  const program = await engine.compile(graph, { donate: new Map([[histogramPlace, histogramPlace]]) })
  let zeros: Executable
  try {
    zeros = await engine.compile(buildZeros({ replicas: size, bins }))
  } catch (error) {
    program.dispose()
    throw error
  }
  const run = (work: Work) => runBlocks(engine, spec, { program, zeros }, work)
  return {
    score: (blocks, onScores) =>
      run({
        blocks,
        window: { floor: NOTHING, shift: 0 },
        isRead: () => true,
        take: (_, scores) => onScores(scores),
        onRound: () => undefined,
        drain: async () => undefined,
      }),
    async count(blocks, window, { onScores, onProgress, signal }) {
      const histogram = new Float64Array(bins)
      let shown = performance.now()
      const onRound = (done: number) => {
        signal?.throwIfAborted()
        if (performance.now() - shown < reportEvery && done < blocks.length) return
        shown = performance.now()
        onProgress?.(done)
      }
      await run({
        blocks,
        window,
        isRead: ({ isPlain }) => !isPlain,
        take: (one, scores) => onScores(one, scores, histogram),
        onRound,
        drain: (own) => addTo(histogram, own),
      })
      return histogram
    },
    dispose() {
      program.dispose()
      zeros.dispose()
    },
  }
}

/** Tensors that are the same on all devices. */
function createResidents(engine: Engine) {
  const held: OnDevices[] = []
  return {
    async upload(tensor: HostTensor): Promise<OnDevices> {
      const all = await engine.uploadAll(Array.from({ length: engine.world.local }, () => [tensor]))
      const own = all.map((list) => need(list[0], 'a tensor'))
      held.push(own)
      return own
    },
    free() {
      for (const tensor of held.splice(0).flat()) tensor.dispose()
    },
  }
}

/** Uploads tiles when they are first used. */
function tileCache(tiles: Tiles, shape: readonly number[], upload: (tensor: HostTensor) => Promise<OnDevices>) {
  const known = new Map<number, OnDevices>()
  return async (tile: number): Promise<OnDevices> => {
    const own = known.get(tile) ?? (await upload({ dtype: 'f32', shape, data: tiles.data(tile) }))
    known.set(tile, own)
    return own
  }
}

async function runBlocks(
  engine: Engine,
  { rows, columns, dim, block }: RunnerSpec,
  { program, zeros }: { readonly program: Executable; readonly zeros: Executable },
  { blocks, window, isRead, take, onRound, drain }: Work,
): Promise<void> {
  const { local } = engine.world
  const residents = createResidents(engine)
  const rowTile = tileCache(rows, [block, dim], residents.upload)
  const columnTile = columns === undefined ? rowTile : tileCache(columns, [block, dim], residents.upload)
  const number = (value: number) => residents.upload({ dtype: 'i32', shape: [], data: Int32Array.of(value) })
  const newHistograms = async () => {
    const outputs = await zeros.run(Array.from({ length: local }, () => []))
    return outputs.map((own) => need(own[0], 'a histogram'))
  }
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
  /** The largest number of rounds that one bin can count. */
  const mostRounds = Math.max(1, Math.floor(LARGEST_COUNT / (block * block)))
  const flights: Promise<void>[] = []
  let histograms: OnDevices = []
  const empty = () => {
    for (const histogram of histograms) histogram.dispose()
    histograms = []
  }
  try {
    const [floors, nothing, shifts] = [await number(window.floor), await number(NOTHING), await number(window.shift)]
    for (let at = 0, round = 0; at < blocks.length; at += local, round++) {
      if (round % mostRounds === 0) {
        await Promise.all(flights.splice(0))
        if (round > 0) await drain(histograms)
        empty()
        histograms = await newHistograms()
      }
      const own = blocks.slice(at, at + local)
      const inputs: DeviceTensor[][] = []
      for (const [device, histogram] of histograms.entries()) {
        // A device without a block computes one that is not counted.
        const one = own[device]
        const { row, column } = one ?? need(own[0], 'a block')
        const floor = one === undefined || isRead(one) ? nothing : floors
        const placed = [await rowTile(row), await columnTile(column), floor, shifts]
        inputs.push([histogram, ...placed.map((tensors) => need(tensors[device], 'a tensor of a device'))])
      }
      const run = await program.start(inputs)
      histograms = run.outputs.map((outputs) => need(outputs[histogramPlace], 'a histogram'))
      const flight = finish(run, own)
      flight.catch(() => undefined)
      flights.push(flight)
      if (flights.length === runsInFlight) await flights.shift()
      onRound(Math.min(blocks.length, at + local))
    }
    await Promise.all(flights.splice(0))
    // Reading the histograms takes memory, too.
    residents.free()
    await drain(histograms)
  } finally {
    await Promise.allSettled(flights)
    empty()
    residents.free()
  }
}

async function addTo(histogram: Float64Array, own: OnDevices): Promise<void> {
  for (const tensor of own) {
    const { data } = await tensor.read()
    for (let bin = 0; bin < histogram.length; bin++) {
      const count = data[bin] ?? 0
      if (count !== 0) histogram[bin] = (histogram[bin] ?? 0) + count
    }
    tensor.dispose()
  }
}
