/**
 * Embeds the pictures of a source that are not done yet, and appends their embeddings to the work.
 *
 * Legend: D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import { createLoader, type Loader } from '../data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../data/loader/start-workers.ts'
import { type Embedder, embedEach, type OnEmbedded } from '../evaluate/embed-pairs.ts'
import { verificationSlots } from '../evaluate/rounds.ts'
import type { Together } from '../evaluate/together.ts'
import { f32ToF16 } from '../half.ts'
import type { EmbeddingOptions, EmbedRequest } from './embed-request.ts'
import { embedErrors } from './messages.ts'
import { openPictureNames, type PictureNames } from './picture-names.ts'
import type { PictureFact, Work } from './work-folder.ts'
import type { Reached } from './work-record.ts'

/** Writes the embeddings of pictures, row by row; with `flip`, the sums with those of the mirror images. */
function finalRows(
  outputs: readonly Float32Array[],
  { flip, normalize }: EmbeddingOptions,
  width: number,
): Float32Array {
  const [plain, mirrored] = outputs
  const rows = Float32Array.from(need(plain, 'embeddings'))
  if (flip) {
    const other = need(mirrored, 'embeddings of mirror images')
    for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] as number) + (other[i] as number)
  }
  if (!normalize) return rows
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width)
    let sum = 0
    for (const value of row) sum += value * value
    // A row of zeros has no direction, and stays.
    const length = Math.sqrt(sum) || 1
    for (let i = 0; i < width; i++) row[i] = (row[i] as number) / length
  }
  return rows
}

/** Numbers from here on are infinite as f16. */
const beyondF16 = 65_520

/** The first value of a row that is not finite, in the type in which it is written. */
function notFinite(row: Float32Array, f16: boolean): number | undefined {
  return row.find((value) => !Number.isFinite(value) || (f16 && Math.abs(value) >= beyondF16))
}

/** The pictures from `from` on, as pictures 0 …; those that cannot be read keep their numbers. */
function picturesFrom(loader: Loader, from: number): Pick<Loader, 'read'> {
  return { read: (numbers) => loader.read(numbers.map((i) => i + from)) }
}

const usualKeepEvery = 2000

/** Appends embeddings to the work as they come: rows f32 [rows,D], from picture `from` on. */
function appending(request: EmbedRequest, work: Work, names: PictureNames, from: number): OnEmbedded {
  const { embedder, source, onProgress, f16, keepEvery = usualKeepEvery } = request
  const { embedding: width } = embedder.network
  let faults = work.kept.pictures - work.kept.rows
  let keptAt = performance.now()
  const show = (done: number) => onProgress({ stage: 'pictures', done, total: source.images, kept: from, faults })
  show(from)
  return async (first, [all = new Float32Array(0)], skipped) => {
    const reasons = new Map(skipped.map(({ image, reason }) => [image, reason]))
    const facts: PictureFact[] = []
    const sound: Float32Array[] = []
    for (let row = 0; row * width < all.length; row++) {
      const image = from + first + row
      const name = names.nameOf(image)
      const reason = reasons.get(image)
      if (reason !== undefined) {
        faults++
        facts.push({ name, damage: reason })
        continue
      }
      const embedding = all.subarray(row * width, (row + 1) * width)
      const wrong = notFinite(embedding, f16)
      if (wrong !== undefined) throw embedErrors('ARC6824', { picture: name, value: wrong })
      facts.push({ name, label: source.label?.(image) })
      sound.push(embedding)
    }
    await work.append(bytesOf(sound, width, f16), facts)
    const now = performance.now()
    if (now - keptAt >= keepEvery) {
      await work.keep()
      keptAt = now
    }
    show(from + first + all.length / width)
  }
}

/**
 * Embeds what is not done yet with the devices of all nodes; `work` is rank 0's. Returns whether everything is done: not after rank 0's
 * signal.
 */
export async function embedRest(
  request: EmbedRequest,
  kept: Reached,
  work: Work | undefined,
  together: Together,
): Promise<boolean> {
  const { source, skipDamaged, signal } = request
  const { embedBatch, embedding: width, image: shape } = request.embedder.network
  const { recipe, images } = source
  const from = kept.pictures
  const rest = images - from
  if (rest === 0) return true
  const combine = (outputs: readonly Float32Array[]) => [finalRows(outputs, request, width)]
  const embedder: Embedder = { ...request.embedder, signal, combine }
  const workers = startDecodeWorkers(workerCount(rest))
  let loader: Loader | undefined
  try {
    const rows = embedBatch * embedder.engine.world.local
    const maker = { recipe, images, shape, rows, slots: verificationSlots, blankDamaged: skipDamaged }
    loader = await createLoader(maker, workers)
    const set = { pairs: { images: rest }, loader: picturesFrom(loader, from) }
    const append = async (all: Embedder): Promise<boolean> => {
      const names = openPictureNames(recipe)
      try {
        await embedEach(all, set, appending(request, need(work, 'the work of rank 0'), names, from))
        return true
      } catch (error) {
        if (signal.aborted && error === signal.reason) return false
        throw error
      } finally {
        names.close()
      }
    }
    return await together.embed({ what: `embedding ${source.name}`, embedder, images: set, work: append })
  } finally {
    loader?.dispose()
    await workers.dispose()
  }
}

function bytesOf(rows: readonly Float32Array[], width: number, f16: boolean): Uint8Array {
  const all = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) all.set(row, i * width)
  const written = f16 ? f32ToF16(all) : all
  return new Uint8Array(written.buffer)
}
