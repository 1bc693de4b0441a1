/** The images of training, step by step, with prefetching. Legend: b images of one replica in one step. */
import { localReplicas, type World } from '../world.ts'
import type { Augmenter } from './augment/augmenter.ts'
import type { Dataset } from './dataset.ts'
import { imageBytes } from './image.ts'
import { readPictures } from './read-pictures.ts'
import { replicaRows, type Sampler } from './sampler.ts'

export interface ReplicaBatch {
  /** u8[b, height, width, channels]. */
  readonly images: Uint8Array<ArrayBuffer>
  /** i32[b]. */
  readonly labels: Int32Array<ArrayBuffer>
  /** u8[b], 1 if the device mirrors the image. */
  readonly flip: Uint8Array<ArrayBuffer>
}

export interface Batch {
  readonly step: number
  readonly epoch: number
  /** One entry per device of this process, in order. */
  readonly replicas: readonly ReplicaBatch[]
}

export interface BatchOptions {
  /** Only the rows of this process's devices are read. */
  readonly world: World
  /** The first step, counted from the start of training, and the step to stop before. */
  readonly from: number
  readonly to: number
  /** How images are augmented, with the seed of the run; without it they stay as they are. */
  readonly augment?: { readonly apply: Augmenter; readonly seed: number }
  /** Number of steps to prefetch; 2 by default. */
  readonly ahead?: number
}

async function readRows(
  dataset: Dataset,
  samples: Uint32Array,
  flip: Uint8Array,
  augment: (pixels: Uint8Array, image: number) => void,
): Promise<ReplicaBatch> {
  const bytes = imageBytes(dataset.shape)
  const images = new Uint8Array(samples.length * bytes)
  await readPictures(dataset, samples, images, bytes)
  for (const [row, sample] of samples.entries()) augment(images.subarray(row * bytes, (row + 1) * bytes), sample)
  return { images, labels: Int32Array.from(samples, (sample) => dataset.label(sample)), flip: Uint8Array.from(flip) }
}

async function loadStep(dataset: Dataset, sampler: Sampler, step: number, options: BatchOptions): Promise<Batch> {
  const { epoch, samples, flip } = sampler.at(step)
  const { augment: augmentation } = options
  const augment = (pixels: Uint8Array, image: number) =>
    augmentation?.apply(pixels, { seed: augmentation.seed, epoch, image })
  const replicas: ReplicaBatch[] = []
  for (const replica of localReplicas(options.world)) {
    const [start, end] = replicaRows(sampler.globalBatch, options.world.size, replica)
    replicas.push(await readRows(dataset, samples.subarray(start, end), flip.subarray(start, end), augment))
  }
  return { step, epoch, replicas }
}

/**
 * The batches of steps `from` … `to` - 1, in order. Up to `ahead` of them are read while the caller processes one; steps are read
 * sequentially, so that the first is ready as early as possible. An unreadable image throws at its step.
 */
export async function* batches(dataset: Dataset, sampler: Sampler, options: BatchOptions): AsyncGenerator<Batch> {
  const ahead = Math.max(1, options.ahead ?? 2)
  const queue: Promise<Batch>[] = []
  let next = options.from
  let stopped = false
  let last: Promise<unknown> = Promise.resolve()
  const refill = () => {
    while (queue.length < ahead && next < options.to) {
      const step = next++
      const load = last.then(() =>
        stopped ? Promise.reject(new Error('stopped')) : loadStep(dataset, sampler, step, options),
      )
      load.catch(() => undefined)
      last = load
      queue.push(load)
    }
  }
  try {
    refill()
    for (let first = queue.shift(); first !== undefined; first = queue.shift()) {
      refill()
      yield await first
    }
  } finally {
    stopped = true
    await last.catch(() => undefined)
  }
}
