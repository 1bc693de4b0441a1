/**
 * Embeds the images of a verification set on all devices and verifies it.
 *
 * Legend: M images, b images of one device per run, D embedding width.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { PairSet } from '../data/pairs.ts'
import { readPictures } from '../data/read-pictures.ts'
import type { DeviceTensor, Engine, Executable, HostTensor, StartedRun } from '../engine.ts'
import { oneAhead } from '../one-ahead.ts'
import { type Verification, verify } from './verification.ts'

export interface Embedder {
  readonly engine: Engine
  /** The compiled `embed` graph. */
  readonly executable: Executable
  readonly plan: Plan
  /** The weights and buffers of each replica, in the order of `embed`'s inputs; the caller keeps ownership. */
  readonly weights: readonly (readonly DeviceTensor[])[]
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

async function* uploadRounds({ plan, engine }: Embedder, pictures: PairSet): AsyncGenerator<Round> {
  const { embedBatch: b, image } = plan.run
  const pictureBytes = image[0] * image[1] * image[2]
  const { local } = engine.world
  for (let first = 0; first < pictures.images; first += b * local) {
    const images: HostTensor[][] = []
    for (let device = 0; device < local; device++) {
      // Rows after the last image stay black; their embeddings are not read.
      const data = new Uint8Array(b * pictureBytes)
      const start = first + device * b
      const rows = Math.max(0, Math.min(b, pictures.images - start))
      const numbers = Array.from({ length: rows }, (_, row) => start + row)
      await readPictures(pictures, numbers, data, pictureBytes)
      images.push([{ dtype: 'u8', shape: [b, ...image], data }])
    }
    yield { first, images: await engine.uploadAll(images) }
  }
}

function disposeRound({ images }: Round): void {
  for (const tensor of images.flat()) tensor.dispose()
}

/** Embeddings of images and of their mirror images, f32 [M,D] each. While devices run, the next images are read and uploaded. */
export async function embedPictures(
  embedder: Embedder,
  pictures: PairSet,
): Promise<{ readonly original: Float32Array; readonly mirrored: Float32Array }> {
  const { plan, executable, weights } = embedder
  const { embedBatch: b, embedding: width } = plan.run
  const original = new Float32Array(pictures.images * width)
  const mirrored = new Float32Array(pictures.images * width)

  const finish = async (first: number, run: StartedRun, before: Promise<void> | undefined) => {
    try {
      await before?.catch(() => undefined)
      await run.end()
      for (const [device, tensors] of run.outputs.entries()) {
        const start = first + device * b
        const rows = Math.max(0, Math.min(b, pictures.images - start))
        const [plain, mirror] = await Promise.all(tensors.map((tensor) => tensor.read()))
        copyRows(need(plain, 'embeddings').data, original, start, rows, width)
        copyRows(need(mirror, 'embeddings').data, mirrored, start, rows, width)
      }
    } finally {
      for (const tensor of run.outputs.flat()) tensor.dispose()
    }
  }

  const flights: Promise<void>[] = []
  try {
    for await (const round of oneAhead(uploadRounds(embedder, pictures), disposeRound)) {
      const inputs = round.images.map((own, device) => [...need(weights[device], 'weights of a device'), ...own])
      const run = await executable.start(inputs).finally(() => disposeRound(round))
      const flight = finish(round.first, run, flights.at(-1))
      // It is awaited below; until then a failure must not count as unhandled.
      flight.catch(() => undefined)
      flights.push(flight)
      if (flights.length === runsInFlight) await flights.shift()
    }
    await Promise.all(flights)
  } finally {
    await Promise.allSettled(flights)
  }
  return { original, mirrored }
}

function copyRows(from: unknown, to: Float32Array, start: number, rows: number, width: number): void {
  if (!(from instanceof Float32Array)) bug('embeddings are not f32')
  if (rows === 0) return
  to.set(from.subarray(0, rows * width), start * width)
}

export async function verifyPairs(embedder: Embedder, pairs: PairSet): Promise<Verification> {
  const embeddings = await embedPictures(embedder, pairs)
  return verify({ ...embeddings, dim: embedder.plan.run.embedding, pairs: pairs.pairs, same: pairs.same })
}
