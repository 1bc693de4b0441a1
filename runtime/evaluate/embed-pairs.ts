/**
 * Embeds the images of a verification set on all devices and verifies it.
 *
 * Legend: M images, b images of one device per run, D embedding width.
 */
import type { EmbedShape } from '../../compiler/plan/plan.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { SkippedPicture } from '../data/loader/picture-maker.ts'
import type { PairSet } from '../data/pairs.ts'
import type { DeviceTensor, Engine, Executable, StartedRun } from '../engine.ts'
import { oneAhead } from '../one-ahead.ts'
import { unwatched, type Watch } from '../watch.ts'
import { oneProcess, type World } from '../world.ts'
import { disposeRound, type EmbeddedImages, type Round, uploadRounds } from './rounds.ts'
import { type Verification, verify } from './verification.ts'

export interface Embedder {
  readonly engine: Engine
  /** The compiled `embed` graph. */
  readonly executable: Executable
  readonly network: EmbedShape
  /** The weights and buffers of each replica, in the order of `embed`'s inputs; the caller keeps ownership. */
  readonly weights: readonly (readonly DeviceTensor[])[]
  /** After an abort no more runs are started, and its reason is thrown. */
  readonly signal?: AbortSignal | undefined
  /** Watches what may hang; `what` names it. */
  readonly watch?: Watch
  /** Makes of the outputs of `embed`, f32 [rows,D] each, those that are handed on; without it, they are handed on as they are. */
  readonly combine?: (outputs: readonly Float32Array[]) => readonly Float32Array[]
  /** Spreads the images over several processes; without it, this one embeds all of them. */
  readonly exchange?: Exchange | undefined
}

/** What a process has embedded of a round. */
export interface EmbeddedRows {
  /** f32 [rows,D] each. */
  readonly outputs: readonly Float32Array[]
  /** Those of the images that could not be read. */
  readonly skipped: readonly SkippedPicture[]
}

/** Brings the embeddings of all processes together on the first one. */
export interface Exchange {
  /** The devices over which the images are spread: those of all processes. */
  readonly world: World
  /**
   * Gives what this process embeds of a round, from 0, to the first one; there, hands it on, then that of the other processes, as
   * `OnEmbedded` receives it. Throws what ends the embedding on another process.
   */
  pass(round: number, first: number, rows: EmbeddedRows, onEmbedded: OnEmbedded): Promise<void>
  /** Tells the first process why this one has no more embeddings. Never throws. */
  fail(error: unknown): Promise<void>
}

/** One running and one waiting. */
const runsInFlight = 2

/** The images of a verification set. */
export interface VerificationImages extends EmbeddedImages {
  readonly pairs: Pick<PairSet, 'images' | 'pairs' | 'same'>
}

/**
 * The outputs of `embed` for consecutive images: rows `first` … of each output, f32 [rows,D], valid until the returned promise ends.
 * Images come in order, those of all devices of one run together; the next call waits for the promise of the last one. `skipped` are
 * those of them that could not be read.
 */
export type OnEmbedded = (
  first: number,
  outputs: readonly Float32Array[],
  skipped: EmbeddedRows['skipped'],
) => void | Promise<void>

/**
 * Embeds all images and hands their embeddings on as they come: the embeddings, then those of the mirror images if the graph has
 * them. While devices run, the next images are read and uploaded. With an exchange, all processes call this, and the first one hands
 * all embeddings on, the others none.
 */
export async function embedEach(embedder: Embedder, images: EmbeddedImages, onEmbedded: OnEmbedded): Promise<void> {
  const { engine, network, executable, weights, signal, combine, exchange, watch = unwatched } = embedder
  const world = exchange?.world ?? oneProcess(engine.world.local)
  const { embedBatch: b, embedding: width } = network
  let rounds = 0

  const finish = async (number: number, round: Round, run: StartedRun, before: Promise<void> | undefined) => {
    const { first, skipped } = round
    try {
      const [earlier] = await Promise.allSettled([before])
      await watch('a verification', () => run.end())
      // After a failure the embeddings that follow are of no use: there would be a gap.
      if (earlier.status === 'rejected') throw earlier.reason
      const rows = Math.min(b * run.outputs.length, images.pairs.images - first)
      const outputs: Float32Array[] = []
      for (const [device, tensors] of run.outputs.entries()) {
        const own = Math.max(0, Math.min(b, rows - device * b))
        for (const [i, { data }] of (await Promise.all(tensors.map((tensor) => tensor.read()))).entries()) {
          outputs[i] ??= new Float32Array(rows * width)
          copyRows(data, outputs[i], device * b, own, width)
        }
      }
      const made = combine?.(outputs) ?? outputs
      await (exchange?.pass(number, first, { outputs: made, skipped }, onEmbedded) ?? onEmbedded(first, made, skipped))
    } finally {
      for (const tensor of run.outputs.flat()) tensor.dispose()
    }
  }

  const flights: Promise<void>[] = []
  let last: Promise<void> | undefined
  try {
    for await (const round of oneAhead(uploadRounds({ engine, network, world, watch }, images), disposeRound)) {
      if (signal?.aborted === true) {
        disposeRound(round)
        throw signal.reason
      }
      const inputs = round.images.map((own, device) => [...need(weights[device], 'weights of a device'), ...own])
      const run = await executable.start(inputs).finally(() => disposeRound(round))
      const flight = finish(rounds++, round, run, last)
      // It is awaited below; until then a failure must not count as unhandled.
      flight.catch(() => undefined)
      last = flight
      flights.push(flight)
      if (flights.length === runsInFlight) await flights.shift()
    }
    await Promise.all(flights)
  } catch (error) {
    await Promise.allSettled(flights)
    await exchange?.fail(error)
    throw error
  } finally {
    await Promise.allSettled(flights)
  }
}

/** What `embedEach` gives for all images, f32 [M,D] each. */
export async function embedImages(embedder: Embedder, images: EmbeddedImages): Promise<readonly Float32Array[]> {
  const width = embedder.network.embedding
  const whole: Float32Array[] = []
  await embedEach(embedder, images, (first, outputs) => {
    for (const [i, rows] of outputs.entries()) {
      whole[i] ??= new Float32Array(images.pairs.images * width)
      whole[i].set(rows, first * width)
    }
  })
  return whole
}

/** Embeddings of images and of their mirror images, f32 [M,D] each. */
export async function embedPictures(
  embedder: Embedder,
  images: EmbeddedImages,
): Promise<{ readonly original: Float32Array; readonly mirrored: Float32Array }> {
  const [original, mirrored] = await embedImages(embedder, images)
  if (original !== undefined && mirrored === undefined) bug('the graph embeds no mirror images')
  return { original: original ?? new Float32Array(0), mirrored: mirrored ?? new Float32Array(0) }
}

function copyRows(from: unknown, to: Float32Array, start: number, rows: number, width: number): void {
  if (!(from instanceof Float32Array)) bug('embeddings are not f32')
  if (rows > 0) to.set(from.subarray(0, rows * width), start * width)
}

export async function verifyPairs(embedder: Embedder, images: VerificationImages): Promise<Verification> {
  const embeddings = await embedPictures(embedder, images)
  return verify({ ...embeddings, dim: embedder.network.embedding, pairs: images.pairs.pairs, same: images.pairs.same })
}
