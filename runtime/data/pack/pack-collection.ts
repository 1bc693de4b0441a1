/** Writes a data set of any format as RecordIO. */
import { ArccError } from '../../errors.ts'
import type { Collection } from '../collection.ts'
import { asError, type Recode } from '../jobs/jobs.ts'
import { inOrder, openPicturePool } from '../jobs/picture-pool.ts'
import { openPictures, type PictureFault, type PictureSource } from '../jobs/picture-source.ts'
import { isChangedList } from '../sources/messages.ts'
import { packErrors } from './messages.ts'
import { requireApart, requireSpace } from './output-files.ts'
import { orderByClass, shuffledOrder } from './picture-order.ts'
import type { RecordLayout } from './record-layout.ts'
import { createRecordSet, recordPaths } from './record-set.ts'

export interface PackRequest {
  readonly collection: Collection
  /** A `.rec` file, or a folder that gets `train.rec`. */
  readonly out: string
  readonly layout: RecordLayout
  /** Writes the pictures in a random order of this seed, not sorted by class; only in `im2rec` layout. */
  readonly shuffle?: number
  /** How pictures are re-encoded; without it their bytes are kept. */
  readonly recode?: Recode
  /** Leaves out pictures that cannot be read or re-encoded, instead of stopping at the first. */
  readonly skipDamaged: boolean
  readonly force: boolean
  readonly showBytes: (bytes: number) => string
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
  readonly signal: AbortSignal
}

export interface Packed {
  /** The `.rec` file. */
  readonly file: string
  readonly images: number
  readonly classes: number
  readonly bytes: number
  readonly skipped: number
  /** The first ones. */
  readonly skippedExamples: readonly PictureFault[]
  /** Encoded sizes of the first picture, as `property` states them. */
  readonly width: number
  readonly height: number
  /** True if `signal` stopped it; nothing was written then. */
  readonly interrupted: boolean
}

const usualRecode: Recode = { side: 112, quality: undefined }
/** Pictures of one re-encoding job. */
const CHUNK = 32
const ahead = 3
const mostExamples = 20
/** Pictures whose size is measured to project that of the whole. */
const measured = 64
/** Bytes of a record beside the picture, and of its lines in the index and the list, roughly. */
const overhead = 96

function* chunks(order: Uint32Array): Generator<Uint32Array> {
  for (let at = 0; at < order.length; at += CHUNK) yield order.slice(at, at + CHUNK)
}

/** Encoded pictures in the order of `order`; an error in place of one that cannot be read. */
async function* encodedPictures(
  { collection: { recipe }, recode, signal }: PackRequest,
  order: Uint32Array,
  source: PictureSource,
): AsyncGenerator<{ readonly image: number; readonly encoded: Uint8Array | ArccError }> {
  if (recode === undefined) {
    for (const image of order) {
      if (signal.aborted) return
      const encoded = await source.encoded(image).catch((error: unknown) => {
        if (error instanceof ArccError) return error
        throw error
      })
      if (encoded !== undefined) yield { image, encoded }
    }
    return
  }
  const pool = openPicturePool({ recipe })
  try {
    const run = (numbers: Uint32Array) => pool.recode({ numbers, ...recode })
    for await (const { job, result } of inOrder(chunks(order), ahead * pool.workers, run, signal)) {
      for (const [i, encoded] of result.entries()) {
        yield { image: job[i] ?? 0, encoded: encoded instanceof Uint8Array ? encoded : asError(encoded) }
      }
    }
  } finally {
    await pool.close()
  }
}

/** Bytes of all pictures as they will be written, projected from a spread sample. */
async function projectedBytes({ collection, recode }: PackRequest, source: PictureSource): Promise<number> {
  const { images } = collection
  const step = Math.max(1, Math.floor(images / measured))
  let [bytes, counted] = [0, 0]
  for (let i = 0; i < images; i += step) {
    const encoded = await source.encoded(i).catch(() => undefined)
    if (encoded === undefined) continue
    bytes += encoded.length
    counted++
  }
  // A JPEG of quality 95 has about one byte for each pixel at most.
  const each = recode === undefined ? bytes / Math.max(1, counted) : recode.side ** 2
  return images * (each + overhead)
}

/** Labels of all pictures, u32[images], and the number of pictures of each class. Throws the labels' own errors. */
function readLabels(collection: Collection): { labels: Uint32Array; perClass: Uint32Array } {
  const { images, classes } = collection
  const labels = new Uint32Array(images)
  const perClass = new Uint32Array(classes)
  for (let i = 0; i < images; i++) {
    const own = collection.label(i)
    labels[i] = own
    perClass[own] = (perClass[own] ?? 0) + 1
  }
  return { labels, perClass }
}

/**
 * Packs a data set. Memory: 12 bytes a picture, and the pictures in work. Throws ARC641x, or ARC62xx for the first picture that
 * cannot be read, and ARC6419 if the list that names them changes; nothing is left behind then.
 */
export async function packCollection(asked: PackRequest): Promise<Packed> {
  // Drawn pictures have no bytes to keep.
  const request = asked.collection.recipe.kind === 'drawn' ? { recode: usualRecode, ...asked } : asked
  const { collection, layout, shuffle, recode, onProgress, signal, force, skipDamaged } = request
  const { images, classes, recipe, name } = collection
  if (images === 0) throw packErrors('ARC6417', { set: name })
  const paths = recordPaths(request.out)
  if ('files' in recipe) await requireApart(Object.values(paths), recipe.files)
  const { labels, perClass } = readLabels(collection)
  const order =
    shuffle === undefined ? orderByClass((i) => labels[i] ?? 0, images, perClass) : shuffledOrder(images, shuffle)
  const source = openPictures(recipe)
  try {
    await requireSpace(paths.rec, await projectedBytes(request, source), request.showBytes)
    const set = await createRecordSet({ paths, layout, images, classes, force })
    const skipped: PictureFault[] = []
    onProgress({ done: 0, total: images })
    let [written, left] = [0, 0]
    try {
      for await (const { image, encoded } of encodedPictures(request, order, source)) {
        if (encoded instanceof Uint8Array) {
          // A shuffled picture carries its number in the source, as arcface_torch's shuffle_rec.py keeps the id.
          const id = shuffle === undefined ? undefined : image
          await set.add(labels[image] ?? 0, id, encoded, source.nameOf(image))
          written++
        } else if (skipDamaged && !isChangedList(encoded)) {
          if (left++ < mostExamples) skipped.push({ image, message: encoded.message })
        } else throw encoded
        onProgress({ done: written + left, total: images })
      }
      const facts = { file: paths.rec, images: written, classes, skipped: left, skippedExamples: skipped }
      if (signal.aborted) {
        await set.discard()
        return { ...facts, bytes: 0, width: 0, height: 0, interrupted: true }
      }
      if (written === 0) throw packErrors('ARC6417', { set: name })
      const size = recode === undefined ? await sizeOfFirst(source, order) : { width: recode.side, height: recode.side }
      return { ...facts, ...size, bytes: await set.finish(size), interrupted: false }
    } catch (error) {
      await set.discard()
      throw error
    }
  } finally {
    source.close()
  }
}

/** InsightFace's size, where the first picture does not tell its own. */
const usualSize = { width: 112, height: 112 }

async function sizeOfFirst(
  source: PictureSource,
  order: Uint32Array,
): Promise<{ readonly width: number; readonly height: number }> {
  try {
    const { width, height } = await source.decoded(order[0] ?? 0)
    return { width, height }
  } catch (error) {
    if (error instanceof ArccError) return usualSize
    throw error
  }
}
