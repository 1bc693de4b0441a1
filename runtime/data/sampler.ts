/**
 * Selects the images of each step. The order is keyed by (seed, epoch) alone: a permutation, or that of a mix with weights. Step k
 * of an epoch takes its rows k·B … (k+1)·B - 1, and replica r of them the r-th contiguous part. So the number of devices changes
 * which device processes an image, but not which images a step has.
 *
 * Legend: B images of all replicas in one step.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { fold, type Key, purpose, rootKey, threefry } from '../random.ts'
import { type EpochSpec, epochOrder } from './epoch-order.ts'
import { dataErrors } from './messages.ts'
import type { WeightedMix } from './mixed-order.ts'

export interface SamplerSpec {
  readonly seed: number
  readonly images: number
  /** B. */
  readonly globalBatch: number
  /** The fraction of the images that are mirrored; the decision is keyed by (seed, epoch, image). */
  readonly flip: number
  /** How often the images of a mix come; missing if each comes once. */
  readonly mix?: WeightedMix | undefined
}

export interface StepSamples {
  readonly epoch: number
  /** Image numbers, u32[B]. */
  readonly samples: Uint32Array
  /** 1 if the image is mirrored, u8[B]. */
  readonly flip: Uint8Array
}

export interface Sampler {
  readonly globalBatch: number
  /** Whole batches per epoch; the rest of the permutation is dropped. */
  readonly stepsPerEpoch: number
  /** Computes the order of a step's epoch, and begins that of the next one; `at` computes it itself if it has to. */
  prepare(step: number): Promise<void>
  /** The images of a step, counted from the start of training. */
  at(step: number): StepSamples
}

/** Images of which the order takes milliseconds; that of more is computed elsewhere, ahead of time. */
const fewImages = 2 ** 16

/**
 * Throws ARC6208 if not even one batch can be filled. `orderAside` computes `epochOrder` without blocking: with tens of millions of
 * images it takes seconds.
 */
export function createSampler(
  spec: SamplerSpec,
  orderAside: (key: Key, epoch: EpochSpec) => Promise<Uint32Array> = async (key, epoch) => epochOrder(key, epoch),
): Sampler {
  const { seed, images, globalBatch } = spec
  if (!Number.isInteger(globalBatch) || globalBatch < 1) bug(`a global batch of ${globalBatch}`)
  if (globalBatch > images) throw dataErrors('ARC6208', { images, batch: globalBatch })
  const stepsPerEpoch = Math.floor(images / globalBatch)
  const root = rootKey(seed)
  const orderKey = fold(root, purpose.order)
  const flipKey = fold(root, purpose.flip)
  /** Orders by epoch: the one in use, and the next one. */
  const orders = new Map<number, Uint32Array>()
  const begun = new Map<number, Promise<void>>()
  const epochOf = (step: number) => Math.floor(step / stepsPerEpoch)
  const begin = (epoch: number): Promise<void> => {
    const ordered =
      begun.get(epoch) ?? orderAside(fold(orderKey, epoch), spec).then((order) => void orders.set(epoch, order))
    begun.set(epoch, ordered)
    // It is awaited when the epoch begins; until then a failure must not count as unhandled.
    ordered.catch(() => undefined)
    return ordered
  }
  const forget = (before: number) => {
    for (const epoch of begun.keys()) if (epoch < before) begun.delete(epoch)
    for (const epoch of orders.keys()) if (epoch < before) orders.delete(epoch)
  }
  const mirrorFrom = (1 - spec.flip) * 2 ** 32
  return {
    globalBatch,
    stepsPerEpoch,
    async prepare(step) {
      if (images <= fewImages) return
      const epoch = epochOf(step)
      forget(epoch)
      await begin(epoch)
      // Early enough in an epoch of any length, and not at all in a run that ends before.
      if (step - epoch * stepsPerEpoch >= stepsPerEpoch / 2) void begin(epoch + 1)
    },
    at(step) {
      const epoch = epochOf(step)
      forget(epoch - 1)
      const order = orders.get(epoch) ?? epochOrder(fold(orderKey, epoch), spec)
      orders.set(epoch, order)
      const start = (step - epoch * stepsPerEpoch) * globalBatch
      const samples = order.slice(start, start + globalBatch)
      const epochFlip = fold(flipKey, epoch)
      const flip = Uint8Array.from(samples, (sample) =>
        lastBitFirst(threefry(epochFlip, sample, 0)[0]) >= mirrorFrom ? 1 : 0,
      )
      return { epoch, samples, flip }
    },
  }
}

/** The word rotated right by one bit, so that a comparison with one half is one of its last bit. */
function lastBitFirst(word: number): number {
  return ((word >>> 1) | (word << 31)) >>> 0
}

/** Replica `replica`'s rows of a step, as a half-open range. */
export function replicaRows(globalBatch: number, replicas: number, replica: number): readonly [number, number] {
  const rows = globalBatch / replicas
  if (!Number.isInteger(rows)) bug(`a global batch of ${globalBatch} over ${replicas} replicas`)
  return [replica * rows, (replica + 1) * rows]
}
