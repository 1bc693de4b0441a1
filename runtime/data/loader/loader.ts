/**
 * Reads the pictures of batches: their rows are divided among threads, which write them into a ring of batches in shared memory.
 * Order and bits of a batch do not depend on the number of threads.
 *
 * Legend: h w c the height, width and channels of a picture.
 */
import { bug } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../errors.ts'
import { imageBytes } from '../image.ts'
import { type DecodeWorkers, disposed } from './decode-workers.ts'
import type { MadeChunk, MakerSpec, PictureKey, SkippedPicture } from './picture-maker.ts'
import { createSharedCache } from './shared-cache.ts'

export interface LoaderSpec extends Omit<MakerSpec, 'cache'> {
  /** The largest number of rows of one read. */
  readonly rows: number
  /** Number of reads whose rows exist at the same time: those in use, and those that are read ahead; 3 by default. */
  readonly slots?: number | undefined
  /** Bytes of decoded pictures to keep in memory; none by default. */
  readonly cacheBytes?: number
}

export interface LoadedRows {
  /** u8[rows,h,w,c], valid until `release`. */
  readonly pixels: Uint8Array<SharedArrayBuffer>
  /** The images in the rows; they differ from those requested where damaged ones were skipped. */
  readonly numbers: Uint32Array
  /** In the order of the rows. */
  readonly skipped: readonly SkippedPicture[]
  /** Returns the memory to the ring. */
  release(): void
}

export interface Loader {
  readonly images: number
  /** Whether a picture stays in memory after its first read, before augmentation. */
  readonly keeps: boolean
  /**
   * Makes the pictures of these numbers; `key` keys their augmentation. Reads are begun in the order of the calls, as soon as the
   * ring has room. Throws the error of the first row that cannot be made, ARC6260 if a thread dies, and an `AbortError` after
   * `dispose`.
   */
  read(numbers: Uint32Array, key?: PictureKey): Promise<LoadedRows>
  /** Seconds that threads have spent on pictures so far, all together. */
  readonly busySeconds: number
  /** Closes the files. Reads under way end with an `AbortError`; the workers go on. */
  dispose(): void
}

/** Pictures per message at most: about 2 ms of a thread with libturbojpeg. */
const mostPerChunk = 32

/** How many pictures one message asks for, so that every thread has some of each batch. */
function chunkRows(rows: number, workers: number): number {
  return Math.max(1, Math.min(mostPerChunk, Math.ceil(rows / Math.max(1, 2 * workers))))
}

const noKey: PictureKey = { seed: 0, epoch: 0 }

/** Opens a loader; the caller disposes it before the workers. */
export async function createLoader(spec: LoaderSpec, workers: DecodeWorkers): Promise<Loader> {
  const { rows: mostRows, slots = 3, cacheBytes = 0, recipe, select, images, shape, augment } = spec
  const { mostSkipped, blankDamaged } = spec
  const pictureBytes = imageBytes(spec.shape)
  const cache = createSharedCache(spec.images, pictureBytes, cacheBytes)
  const maker = await workers.open({ recipe, select, images, shape, cache, augment, mostSkipped, blankDamaged })
  const free: SharedArrayBuffer[] = []
  const waiting: { readonly take: (memory: SharedArrayBuffer) => void; readonly reject: (error: unknown) => void }[] =
    []
  let allocated = 0
  let busySeconds = 0
  let open = true

  const takeSlot = (): SharedArrayBuffer | Promise<SharedArrayBuffer> => {
    const memory = free.pop()
    if (memory !== undefined) return memory
    if (allocated++ < slots) return new SharedArrayBuffer(mostRows * pictureBytes)
    return new Promise((take, reject) => waiting.push({ take, reject }))
  }
  const giveBack = (memory: SharedArrayBuffer) => {
    const next = waiting.shift()
    if (next === undefined) free.push(memory)
    else next.take(memory)
  }

  const fill = async (numbers: Uint32Array, key: PictureKey, memory: SharedArrayBuffer) => {
    const step = chunkRows(numbers.length, workers.count)
    const chunks: Promise<MadeChunk>[] = []
    for (let row = 0; row < numbers.length; row += step) {
      const part = numbers.subarray(row, row + step)
      const out = new Uint8Array(memory, row * pictureBytes, part.length * pictureBytes)
      chunks.push(workers.make(maker, { numbers: part, out, key }))
    }
    // All end before the memory is used again, also if one fails.
    const results = await Promise.allSettled(chunks)
    const loaded = new Uint32Array(numbers.length)
    const skipped: SkippedPicture[] = []
    for (const [i, result] of results.entries()) {
      if (result.status === 'rejected') throw result.reason
      const { value } = result
      busySeconds += value.seconds
      if (value.failure !== undefined) {
        const { code, params, text, hint } = value.failure
        throw new ArccError(code, params, { text, hint })
      }
      loaded.set(value.numbers, i * step)
      skipped.push(...value.skipped)
    }
    return { numbers: loaded, skipped }
  }

  return {
    keeps: cache !== undefined,
    images: spec.images,
    async read(numbers, key = noKey) {
      if (numbers.length > mostRows) bug(`a read of ${numbers.length} rows, at most ${mostRows} are possible`)
      if (!open) throw disposed()
      const memory = await takeSlot()
      try {
        const filled = await fill(numbers, key, memory)
        let held = true
        return {
          ...filled,
          pixels: new Uint8Array(memory, 0, numbers.length * pictureBytes),
          release() {
            if (held) giveBack(memory)
            held = false
          },
        }
      } catch (error) {
        giveBack(memory)
        throw error
      }
    },
    get busySeconds() {
      return busySeconds
    },
    dispose() {
      if (!open) return
      open = false
      for (const { reject } of waiting.splice(0)) reject(disposed())
      workers.close(maker)
    },
  }
}
