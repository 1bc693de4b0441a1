/**
 * Selects the images of each step. The order is a permutation keyed by (seed, epoch) alone: step k of an epoch takes its rows k·B
 * … (k+1)·B - 1, and replica r of them the r-th contiguous part. So the number of devices changes which device processes an
 * image, but not which images a step has.
 *
 * Legend: B images of all replicas in one step.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { fold, permutation, purpose, rootKey, threefry } from '../random.ts'
import { dataErrors } from './messages.ts'

export interface SamplerSpec {
  readonly seed: number
  readonly images: number
  /** B. */
  readonly globalBatch: number
  /** The fraction of the images that are mirrored; the decision is keyed by (seed, epoch, image). */
  readonly flip: number
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
  /** The images of a step, counted from the start of training. */
  at(step: number): StepSamples
}

/** Throws ARC6208 if not even one batch can be filled. */
export function createSampler(spec: SamplerSpec): Sampler {
  const { seed, images, globalBatch } = spec
  if (!Number.isInteger(globalBatch) || globalBatch < 1) bug(`a global batch of ${globalBatch}`)
  if (globalBatch > images) throw dataErrors('ARC6208', { images, batch: globalBatch })
  const stepsPerEpoch = Math.floor(images / globalBatch)
  const root = rootKey(seed)
  const orderKey = fold(root, purpose.order)
  const flipKey = fold(root, purpose.flip)
  const mirrorFrom = (1 - spec.flip) * 2 ** 32
  let order: Uint32Array = new Uint32Array(0)
  let orderEpoch = -1
  return {
    globalBatch,
    stepsPerEpoch,
    at(step) {
      const epoch = Math.floor(step / stepsPerEpoch)
      if (epoch !== orderEpoch) {
        order = permutation(fold(orderKey, epoch), images)
        orderEpoch = epoch
      }
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
