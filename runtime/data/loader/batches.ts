/** The images of training, step by step, read ahead. Legend: b images of one replica in one step; h w c those of a picture. */
import { need } from '../../../grammar/diagnostic.ts'
import { localReplicas, type World } from '../../world.ts'
import { type ImageShape, imageBytes } from '../image.ts'
import { replicaRows, type Sampler } from '../sampler.ts'
import type { DamageLimit } from './damage-limit.ts'
import type { LoadedRows, Loader } from './loader.ts'
import type { SkippedPicture } from './picture-maker.ts'

export interface ReplicaBatch {
  /** u8[b,h,w,c]. */
  readonly images: Uint8Array
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

/** One that was loaded. */
export interface LoadedReplicaBatch extends ReplicaBatch {
  /** The numbers of the images, u32[b]. */
  readonly numbers: Uint32Array
}

export interface LoadedBatch extends Batch {
  readonly replicas: readonly LoadedReplicaBatch[]
}

/** Where training images and their labels come from. */
export interface TrainingImages {
  readonly loader: Loader
  readonly shape: ImageShape
  /** The class of image `i`. */
  label(i: number): number
}

export interface BatchOptions {
  /** Only the rows of this process's devices are read. */
  readonly world: World
  /** Keys augmentation, together with epoch and image. */
  readonly seed: number
  /** The first step, counted from the start of training, and the step to stop before. */
  readonly from: number
  readonly to: number
  /** Steps that are left out. */
  readonly leftOut?: ReadonlySet<number>
  /** Number of steps to read ahead; 2 by default. The loader's ring must have a slot more. */
  readonly ahead?: number
  /** Counts damaged pictures that were replaced; only needed if the loader replaces any. */
  readonly damage?: DamageLimit
  /** Called once per damaged picture that was replaced, before the batch that it belonged to. */
  readonly onSkipped?: (picture: SkippedPicture) => void
}

interface LoadedStep {
  readonly batch: LoadedBatch
  readonly rows: LoadedRows
}

async function loadStep(
  { loader, shape, label }: TrainingImages,
  sampler: Sampler,
  step: number,
  { world, seed }: BatchOptions,
): Promise<LoadedStep> {
  await sampler.prepare(step)
  const { epoch, samples, flip } = sampler.at(step)
  const ranges = localReplicas(world).map((replica) => replicaRows(sampler.globalBatch, world.size, replica))
  const [first, last] = [need(ranges[0], 'a replica')[0], need(ranges.at(-1), 'a replica')[1]]
  const rows = await loader.read(samples.subarray(first, last), { seed, epoch })
  const pictureBytes = imageBytes(shape)
  const replicas = ranges.map(([start, end]): LoadedReplicaBatch => {
    const [from, to] = [start - first, end - first]
    return {
      images: rows.pixels.subarray(from * pictureBytes, to * pictureBytes),
      numbers: rows.numbers.subarray(from, to),
      // A replaced picture brings its own label.
      labels: Int32Array.from(rows.numbers.subarray(from, to), label),
      flip: Uint8Array.from(flip.subarray(start, end)),
    }
  })
  return { batch: { step, epoch, replicas }, rows }
}

/**
 * The batches of steps `from` … `to` - 1 that are not left out, in order; the arrays of one are valid until the next is requested. Up to `ahead` of them
 * are read while the caller processes one; steps are read sequentially, so that the first is ready as early as possible. An
 * unreadable image throws at its step.
 */
export async function* batches(
  images: TrainingImages,
  sampler: Sampler,
  options: BatchOptions,
): AsyncGenerator<LoadedBatch, void, undefined> {
  const { damage, onSkipped, leftOut } = options
  const ahead = Math.max(1, options.ahead ?? 2)
  const queue: Promise<LoadedStep>[] = []
  let next = options.from
  let stopped = false
  let last: Promise<unknown> = Promise.resolve()
  const refill = () => {
    while (queue.length < ahead && next < options.to) {
      const step = next++
      if (leftOut?.has(step) === true) continue
      const load = last.then(() =>
        stopped ? Promise.reject(new Error('stopped')) : loadStep(images, sampler, step, options),
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
      const { batch, rows } = await first
      try {
        for (const picture of damage?.admit(rows.skipped) ?? []) onSkipped?.(picture)
        yield batch
      } finally {
        rows.release()
      }
    }
  } finally {
    stopped = true
    // What was read ahead is not used.
    for (const load of queue) await load.then(({ rows }) => rows.release()).catch(() => undefined)
  }
}
