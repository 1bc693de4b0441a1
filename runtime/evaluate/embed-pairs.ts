/**
 * Embeds the images of a verification set on all devices and verifies it.
 *
 * Legend: M images, b images of one device per run, D embedding width.
 */
import type { EmbedShape } from '../../compiler/plan/plan.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import { imageBytes } from '../data/image.ts'
import type { LoadedRows, Loader } from '../data/loader/loader.ts'
import type { PairSet } from '../data/pairs.ts'
import type { DeviceTensor, Engine, Executable, HostTensor, StartedRun } from '../engine.ts'
import { oneAhead } from '../one-ahead.ts'
import { unwatched, type Watch } from '../watch.ts'
import { oneProcess, type World } from '../world.ts'
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
  /** Spreads the images over all processes of the engine's world; without it, this one embeds all of them. */
  readonly exchange?: Exchange | undefined
}

/** Brings the embeddings of all processes together on the first one. */
export interface Exchange {
  /**
   * Gives what this process embeds of a round, from 0, to the first one; there, hands it on, then that of the other processes, as
   * `OnEmbedded` receives it. Throws what ends the embedding on another process.
   */
  pass(round: number, first: number, outputs: readonly Float32Array[], onEmbedded: OnEmbedded): Promise<void>
  /** Tells the first process why this one has no more embeddings. Never throws. */
  fail(error: unknown): Promise<void>
}

/**
 * Rows that a process embeds in each round: those of all processes follow each other, so that the images of a round are the same ones
 * in one process with all devices.
 */
export function* ownRounds(images: number, b: number, world: World): Generator<{ first: number; count: number }> {
  const { size, local, rank } = world
  for (let first = rank * local * b; first < images; first += size * b)
    yield { first, count: Math.min(local * b, images - first) }
}

/** The world whose images are spread. */
function spreadOver({ engine, exchange }: Embedder): World {
  return exchange === undefined ? oneProcess(engine.world.local) : engine.world
}

/** One running and one waiting. */
const runsInFlight = 2

/** Images of all devices for one run. */
interface Round {
  /** Number of the first image. */
  readonly first: number
  /** u8 [b,H,W,3] of each device. */
  readonly images: readonly (readonly DeviceTensor[])[]
}

/** Images to embed, 0 … images - 1. The loader has `verificationSlots` slots for the images of all devices. */
export interface EmbeddedImages {
  readonly pairs: Pick<PairSet, 'images'>
  readonly loader: Pick<Loader, 'read'>
}

/** The images of a verification set. */
export interface VerificationImages extends EmbeddedImages {
  readonly pairs: Pick<PairSet, 'images' | 'pairs' | 'same'>
}

/** Rounds whose images are read at the same time, so that threads which end with one begin the next. */
const roundsAhead = 2
/** Slots of a verification set's loader: the rounds that are read ahead, and the one being uploaded. */
export const verificationSlots = roundsAhead + 1

/** Reads the images of each round, some rounds ahead. */
async function* readRounds(embedder: Embedder, { pairs, loader }: EmbeddedImages) {
  const { network, watch = unwatched } = embedder
  const queue: { readonly first: number; readonly rows: Promise<LoadedRows> }[] = []
  const rounds = ownRounds(pairs.images, network.embedBatch, spreadOver(embedder))
  const refill = () => {
    while (queue.length < roundsAhead) {
      const { value, done } = rounds.next()
      if (done === true) return
      const { first, count } = value
      const rows = loader.read(Uint32Array.from({ length: count }, (_, row) => first + row))
      // It is awaited below; until then a failure must not count as unhandled.
      rows.catch(() => undefined)
      queue.push({ first, rows })
    }
  }
  try {
    refill()
    for (let round = queue.shift(); round !== undefined; round = queue.shift()) {
      refill()
      const { pixels, release } = await watch('reading the pictures of a verification', () => round.rows)
      try {
        yield { first: round.first, pixels }
      } finally {
        release()
      }
    }
  } finally {
    for (const { rows } of queue) await rows.then(({ release }) => release()).catch(() => undefined)
  }
}

async function* uploadRounds(embedder: Embedder, images: EmbeddedImages): AsyncGenerator<Round> {
  const { network, engine } = embedder
  const { embedBatch: b, image } = network
  const deviceBytes = b * imageBytes(image)
  for await (const { first, pixels } of readRounds(embedder, images)) {
    const tensors = Array.from({ length: engine.world.local }, (_, device): HostTensor[] => {
      const own = pixels.subarray(device * deviceBytes, (device + 1) * deviceBytes)
      return [{ dtype: 'u8', shape: [b, ...image], data: padded(own, deviceBytes) }]
    })
    yield { first, images: await engine.uploadAll(tensors) }
  }
}

/** Rows after the last image stay black; their embeddings are not read. */
function padded(pixels: Uint8Array, bytes: number): Uint8Array {
  if (pixels.length === bytes) return pixels
  const whole = new Uint8Array(bytes)
  whole.set(pixels)
  return whole
}

function disposeRound({ images }: Round): void {
  for (const tensor of images.flat()) tensor.dispose()
}

/**
 * The outputs of `embed` for consecutive images: rows `first` … of each output, f32 [rows,D], valid until the returned promise ends.
 * Images come in order, those of all devices of one run together; the next call waits for the promise of the last one.
 */
export type OnEmbedded = (first: number, outputs: readonly Float32Array[]) => void | Promise<void>

/**
 * Embeds all images and hands their embeddings on as they come: the embeddings, then those of the mirror images if the graph has
 * them. While devices run, the next images are read and uploaded. With an exchange, all processes call this, and the first one hands
 * all embeddings on, the others none.
 */
export async function embedEach(embedder: Embedder, images: EmbeddedImages, onEmbedded: OnEmbedded): Promise<void> {
  const { network, executable, weights, signal, exchange, watch = unwatched } = embedder
  const { embedBatch: b, embedding: width } = network
  let rounds = 0

  const finish = async (round: number, first: number, run: StartedRun, before: Promise<void> | undefined) => {
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
      await (exchange?.pass(round, first, outputs, onEmbedded) ?? onEmbedded(first, outputs))
    } finally {
      for (const tensor of run.outputs.flat()) tensor.dispose()
    }
  }

  const flights: Promise<void>[] = []
  let last: Promise<void> | undefined
  try {
    for await (const round of oneAhead(uploadRounds(embedder, images), disposeRound)) {
      if (signal?.aborted === true) {
        disposeRound(round)
        throw signal.reason
      }
      const inputs = round.images.map((own, device) => [...need(weights[device], 'weights of a device'), ...own])
      const run = await executable.start(inputs).finally(() => disposeRound(round))
      const flight = finish(rounds++, round.first, run, last)
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
