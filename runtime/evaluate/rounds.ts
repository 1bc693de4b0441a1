/**
 * The rounds in which images are embedded: those that a process reads, and uploads to its devices, some rounds ahead.
 *
 * Legend: b images of one device per run.
 */
import type { EmbedShape } from '../../compiler/plan/plan.ts'
import { imageBytes } from '../data/image.ts'
import type { LoadedRows, Loader } from '../data/loader/loader.ts'
import type { PairSet } from '../data/pairs.ts'
import type { DeviceTensor, Engine, HostTensor } from '../engine.ts'
import type { Watch } from '../watch.ts'
import type { World } from '../world.ts'

/**
 * Rows that a process embeds in each round: those of all processes follow each other, so that the images of a round are the same ones
 * in one process with all devices.
 */
export function* ownRounds(images: number, b: number, world: World): Generator<{ first: number; count: number }> {
  const { size, local, rank } = world
  for (let first = rank * local * b; first < images; first += size * b)
    yield { first, count: Math.min(local * b, images - first) }
}

/** Images of all devices for one run. */
export interface Round {
  /** Number of the first image. */
  readonly first: number
  /** u8 [b,H,W,3] of each device. */
  readonly images: readonly (readonly DeviceTensor[])[]
  readonly skipped: LoadedRows['skipped']
}

/** Images to embed, 0 … images - 1. The loader has `verificationSlots` slots for the images of all devices. */
export interface EmbeddedImages {
  readonly pairs: Pick<PairSet, 'images'>
  readonly loader: Pick<Loader, 'read'>
}

export interface RoundsOptions {
  readonly engine: Pick<Engine, 'world' | 'uploadAll'>
  readonly network: EmbedShape
  /** The devices over which the images are spread. */
  readonly world: World
  readonly watch: Watch
}

/** Rounds whose images are read at the same time, so that threads which end with one begin the next. */
const roundsAhead = 2
/** Slots of a verification set's loader: the rounds that are read ahead, and the one being uploaded. */
export const verificationSlots = roundsAhead + 1

/** Reads the images of each round, some rounds ahead. */
async function* readRounds({ network, world, watch }: RoundsOptions, { pairs, loader }: EmbeddedImages) {
  const queue: { readonly first: number; readonly rows: Promise<LoadedRows> }[] = []
  const rounds = ownRounds(pairs.images, network.embedBatch, world)
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
      const { pixels, skipped, release } = await watch('reading the pictures of a verification', () => round.rows)
      try {
        yield { first: round.first, pixels, skipped }
      } finally {
        release()
      }
    }
  } finally {
    for (const { rows } of queue) await rows.then(({ release }) => release()).catch(() => undefined)
  }
}

/** Reads and uploads the images of this process's rounds; whoever takes a round disposes it. */
export async function* uploadRounds(options: RoundsOptions, images: EmbeddedImages): AsyncGenerator<Round> {
  const { network, engine } = options
  const { embedBatch: b, image } = network
  const deviceBytes = b * imageBytes(image)
  for await (const { first, pixels, skipped } of readRounds(options, images)) {
    const tensors = Array.from({ length: engine.world.local }, (_, device): HostTensor[] => {
      const own = pixels.subarray(device * deviceBytes, (device + 1) * deviceBytes)
      return [{ dtype: 'u8', shape: [b, ...image], data: padded(own, deviceBytes) }]
    })
    yield { first, skipped, images: await engine.uploadAll(tensors) }
  }
}

/** Rows after the last image stay black; their embeddings are not read. */
function padded(pixels: Uint8Array, bytes: number): Uint8Array {
  if (pixels.length === bytes) return pixels
  const whole = new Uint8Array(bytes)
  whole.set(pixels)
  return whole
}

export function disposeRound({ images }: Round): void {
  for (const tensor of images.flat()) tensor.dispose()
}
