/**
 * Makes the rows of batches in the thread that calls it: reads, decodes, resizes, keeps in the cache, augments. The same code runs
 * in every worker thread and, without any, in the process itself.
 *
 * Legend: h w c the height, width and channels of a picture.
 */
import type { AugmentSpec } from '../../../compiler/plan/plan.ts'
import { ArccError } from '../../errors.ts'
import { createAugmenter, type ImageKey } from '../augment/augmenter.ts'
import { type ImageRecipe, type ImageSelection, selectedNumber } from '../collection.ts'
import { type ImageShape, imageBytes } from '../image.ts'
import type { JpegDecoder } from '../jpeg/decoder.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { isChangedList } from '../sources/messages.ts'
import { openPictures } from './picture-source.ts'
import { readCached, type SharedCache, storeCached } from './shared-cache.ts'

/** What pictures are made of; survives structured cloning, with its arrays in shared memory. */
export interface MakerSpec {
  readonly recipe: ImageRecipe
  /** Those of its images that are used, numbered from 0; all by default. */
  readonly select?: ImageSelection | undefined
  /** How many images are used. */
  readonly images: number
  readonly shape: ImageShape
  readonly cache?: SharedCache | undefined
  /** Random changes of each picture, after the cache. */
  readonly augment?: AugmentSpec | undefined
  /**
   * A damaged picture is replaced by the next one that decodes, unless there are more than this many damaged ones in a row, of which
   * the last is reported; 0 by default.
   */
  readonly mostSkipped?: number | undefined
  /** Damaged pictures become black ones instead, however many there are; they count as skipped. */
  readonly blankDamaged?: boolean | undefined
}

/** What keys the augmentation of a picture, together with its number. */
export type PictureKey = Omit<ImageKey, 'image'>

/** Some rows of a batch. */
export interface Chunk {
  /** Image numbers of the rows. */
  readonly numbers: Uint32Array
  /** u8[rows,h,w,c], which the maker fills. */
  readonly out: Uint8Array
  readonly key: PictureKey
}

/** A picture that could not be decoded and was replaced. */
export interface SkippedPicture {
  /** The image number. */
  readonly image: number
  readonly file: string
  readonly reason: string
}

/** An error as data, since errors lose their class between threads. */
export interface PlainError {
  readonly code: string
  readonly params: ArccError['params']
  readonly text: string
  readonly hint: string | undefined
}

export interface MadeChunk {
  /** The images in the rows; they differ from those requested where pictures were skipped. */
  readonly numbers: Uint32Array
  /** In the order of the rows. */
  readonly skipped: readonly SkippedPicture[]
  /** The error of the first row that could not be made; its pixels are undefined. */
  readonly failure?: PlainError
  /** Seconds from the first picture to the last. */
  readonly seconds: number
}

/** Called with the number of a picture before it is read; can make it wait. */
export type Watch = (image: number) => Promise<void> | undefined

export interface PictureMaker {
  /** Makes all rows, also after one has failed. Never throws; an error of `watch` counts as one of the picture. */
  make(chunk: Chunk, watch: Watch): Promise<MadeChunk>
  nameOf(image: number): string
  close(): void
}

interface MadeRow {
  readonly image: number
  readonly skipped?: readonly SkippedPicture[]
  readonly failure?: PlainError
}

interface Making {
  readonly key: PictureKey
  readonly watch: Watch
}

/** Pictures that sharp decodes at the same time: while one is decoded, the next one's pipeline is set up. */
export const atOnce = 3

/** Opens the files of a recipe. The caller closes the maker. */
export function openMaker(spec: MakerSpec, jpeg: JpegDecoder | undefined): PictureMaker {
  const { select = { from: 0 }, images, cache, mostSkipped = 0, blankDamaged = false } = spec
  const source = openPictures(spec.recipe, spec.shape, jpeg)
  const pictureBytes = imageBytes(spec.shape)
  const [height, width, channels] = spec.shape
  const augment = spec.augment && createAugmenter(spec.augment, { height, width, channels })

  const numberOf = (image: number) => selectedNumber(select, image)
  const nameOf = (image: number) => source.nameOf(numberOf(image))

  const store = (image: number, row: Uint8Array) => {
    if (cache !== undefined) storeCached(cache, image, row)
  }
  /** Writes one picture; a promise only if it has to wait. */
  const write = (image: number, row: Uint8Array): void | Promise<void> => {
    if (cache !== undefined && readCached(cache, image, row)) return undefined
    const pending = source.write(numberOf(image), row)
    return pending === undefined ? store(image, row) : pending.then(() => store(image, row))
  }
  const plain = (error: unknown, image: number): PlainError => {
    const known =
      error instanceof ArccError
        ? error
        : dataErrors('ARC6263', { file: nameOf(image), reason: reasonOf(error) }, error)
    return { code: known.code, params: known.params, text: known.message, hint: known.hint }
  }

  const changed = (image: number, row: Uint8Array, key: PictureKey) => augment?.(row, { ...key, image })
  const finished = (image: number, row: Uint8Array, key: PictureKey): void | Promise<void> => {
    const pending = write(image, row)
    return pending === undefined ? changed(image, row, key) : pending.then(() => changed(image, row, key))
  }
  const makeRow = (image: number, row: Uint8Array, { key, watch }: Making): void | Promise<void> => {
    const watched = watch(image)
    return watched === undefined ? finished(image, row, key) : watched.then(() => finished(image, row, key))
  }
  /** Replaces a picture that failed by the next one that decodes. */
  const replace = async (failed: number, error: unknown, row: Uint8Array, making: Making): Promise<MadeRow> => {
    const skipped: SkippedPicture[] = []
    for (let image = failed, reason = error; ; ) {
      const described = plain(reason, image)
      // An error that is not the picture's own is not skipped.
      const isOwn = reason instanceof ArccError && !isChangedList(reason)
      if (!isOwn || (skipped.length >= mostSkipped && !blankDamaged)) return { image, skipped, failure: described }
      const { params, text } = described
      skipped.push({ image, file: nameOf(image), reason: String(params.reason ?? text) })
      if (blankDamaged) {
        row.fill(0)
        return { image, skipped }
      }
      image = (image + 1) % images
      try {
        await makeRow(image, row, making)
        return { image, skipped }
      } catch (next) {
        reason = next
      }
    }
  }

  return {
    async make({ numbers, out, key }, watch) {
      const making = { key, watch }
      const began = performance.now()
      const made: MadeRow[] = []
      const pending = new Set<Promise<void>>()
      for (const [row, image] of numbers.entries()) {
        const pixels = out.subarray(row * pictureBytes, (row + 1) * pictureBytes)
        const keep = (result: MadeRow) => {
          made[row] = result
        }
        const fail = async (error: unknown) => keep(await replace(image, error, pixels, making))
        let waiting: Promise<void> | undefined
        try {
          waiting = makeRow(image, pixels, making)?.then(() => keep({ image }), fail)
          if (waiting === undefined) keep({ image })
        } catch (error) {
          waiting = fail(error)
        }
        if (waiting === undefined) continue
        const done = waiting.then(() => void pending.delete(done))
        pending.add(done)
        if (pending.size >= atOnce) await Promise.race(pending)
      }
      await Promise.all(pending)
      const seconds = (performance.now() - began) / 1000
      const failure = made.find((result) => result.failure !== undefined)?.failure
      return {
        numbers: Uint32Array.from(made, ({ image }) => image),
        skipped: made.flatMap(({ skipped = [] }) => skipped),
        ...(failure === undefined ? {} : { failure }),
        seconds,
      }
    },
    nameOf,
    close: source.close,
  }
}
