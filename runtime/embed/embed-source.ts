/**
 * Embeds all pictures of a source, and writes the embeddings to a file as they come, so that memory does not grow with their number
 * and an interrupted command can go on.
 *
 * Legend: M pictures, D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { ImageRecipe } from '../data/collection.ts'
import { sourceIdentity } from '../data/inspect/check-state.ts'
import { createLoader, type Loader } from '../data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../data/loader/start-workers.ts'
import { requireApart } from '../data/pack/output-files.ts'
import { ArccError } from '../errors.ts'
import { type Embedder, embedEach } from '../evaluate/embed-pairs.ts'
import { verificationSlots } from '../evaluate/rounds.ts'
import { f32ToF16 } from '../half.ts'
import { reasonOf } from '../system-errors.ts'
import { type EmbeddingFormat, headerRoom, rowBytes, type TensorFacts } from './array-file.ts'
import { type FinishedFiles, finishWork } from './finish-work.ts'
import { embedErrors } from './messages.ts'
import { openPictureNames, type PictureNames } from './picture-names.ts'
import type { PictureSource } from './picture-source.ts'
import { type Overwriting, openWork, type PictureFact, type Work } from './work-folder.ts'
import type { Identity } from './work-record.ts'

/** What is done to an embedding before it is written. */
export interface EmbeddingOptions {
  /** Adds the embedding of the mirror image; the graph has both then. */
  readonly flip: boolean
  /** Divides it by its length. */
  readonly normalize: boolean
  readonly f16: boolean
}

export interface EmbedRequest extends EmbeddingOptions, Overwriting {
  readonly embedder: Embedder
  /** The network, for the record and the metadata. */
  readonly network: { readonly backbone: string; readonly weights: string; readonly precision: string }
  readonly source: PictureSource
  readonly file: string
  readonly format: EmbeddingFormat
  /** Whether pictures that cannot be read are left out. */
  readonly skipDamaged: boolean
  readonly onProgress: (progress: EmbedProgress) => void
  /** Stops; what is done is kept. */
  readonly signal: AbortSignal
  /** Milliseconds of work that a killed process loses at most. */
  readonly keepEvery?: number
}

export interface EmbedProgress {
  /** What an earlier command did is verified, pictures are embedded, and the files are made of that. */
  readonly stage: 'verifying' | 'pictures' | 'writing'
  /** Pictures. */
  readonly done: number
  readonly total: number
  /** Those that an earlier command did. */
  readonly kept: number
  /** Those that cannot be read. */
  readonly faults: number
}

export interface Interrupted {
  readonly interrupted: true
  /** Pictures that are done. */
  readonly done: number
  readonly total: number
}

export type Embedded = Interrupted | (FinishedFiles & { readonly interrupted: false; readonly width: number })

/** Files that a recipe reads, of which one could be the output. */
export function filesOf(recipe: ImageRecipe): readonly string[] {
  if (recipe.kind === 'mixed') return recipe.parts.flatMap(filesOf)
  return 'files' in recipe ? recipe.files : []
}

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

function identityOf(request: EmbedRequest, width: number): Identity {
  const { network, source, format, flip, normalize, f16 } = request
  const pictures = sourceIdentity(source)
  return { ...network, pictures, images: source.images, width, format, flip, normalize, f16 }
}

/** The pictures from `from` on, as pictures 0 …; `damage` collects those that cannot be read. */
function partOf(loader: Loader, from: number, damage: Map<number, string>): Pick<Loader, 'read'> {
  return {
    async read(numbers) {
      const rows = await loader.read(numbers.map((i) => i + from))
      for (const { image, reason } of rows.skipped) damage.set(image, reason)
      return rows
    },
  }
}

const usualKeepEvery = 2000

/** Embeds what is not done yet. */
async function embedRest(request: EmbedRequest, work: Work, names: PictureNames): Promise<void> {
  const { embedder, source, skipDamaged, onProgress, signal, f16, keepEvery = usualKeepEvery } = request
  const { network, engine } = embedder
  const { embedBatch, embedding: width, image: shape } = network
  const { recipe, images } = source
  const kept = work.kept.pictures
  let faults = work.kept.pictures - work.kept.rows
  const show = (done: number) => onProgress({ stage: 'pictures', done, total: images, kept, faults })
  const rest = images - kept
  if (rest === 0) return
  show(kept)

  const damage = new Map<number, string>()
  const workers = startDecodeWorkers(workerCount(rest))
  let loader: Loader | undefined
  let keptAt = performance.now()
  try {
    const rows = embedBatch * engine.world.local
    loader = await createLoader(
      { recipe, images, shape, rows, slots: verificationSlots, blankDamaged: skipDamaged },
      workers,
    )
    const part = { pairs: { images: rest }, loader: partOf(loader, kept, damage) }
    await embedEach({ ...embedder, signal }, part, async (first, outputs) => {
      const all = finalRows(outputs, request, width)
      const facts: PictureFact[] = []
      const sound: Float32Array[] = []
      for (let row = 0; row * width < all.length; row++) {
        const image = kept + first + row
        const name = names.nameOf(image)
        const reason = damage.get(image)
        if (reason !== undefined) {
          damage.delete(image)
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
      show(kept + first + all.length / width)
    })
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

/**
 * Embeds a source into a file, and keeps what is done if it ends before: after `signal`, and after an error. Throws ARC6411, ARC6416,
 * ARC682x, and ARC62xx for a picture that cannot be read.
 */
export async function embedSource(request: EmbedRequest): Promise<Embedded> {
  const { embedder, source, file, format, f16, network, flip, normalize, signal } = request
  const width = embedder.network.embedding
  const total = source.images
  if (total === 0) throw embedErrors('ARC6825', { set: source.name, pictures: 0 })
  await requireApart([file], filesOf(source.recipe))
  const metadata = { ...network, flip: String(flip), normalized: String(normalize) }
  const shape = { width, f16 }
  const facts: TensorFacts = { labels: true, metadata }
  const room = headerRoom(format, { ...shape, rows: total }, facts)
  const report = (stage: EmbedProgress['stage']) => (done: number) =>
    request.onProgress({ stage, done, total, kept: 0, faults: 0 })
  const places = { room, rowBytes: rowBytes(shape) }
  const work = await openWork(file, identityOf(request, width), places, request, report('verifying'))
  const interrupted = (): Interrupted => ({ interrupted: true, done: work.reached.pictures, total })
  try {
    const names = openPictureNames(source.recipe)
    try {
      await embedRest(request, work, names)
    } catch (error) {
      // What was appended is whole, unless appending it failed.
      if (!(error instanceof ArccError && error.code === 'ARC6826')) await work.keep()
      if (signal.aborted && error === signal.reason) return interrupted()
      throw error
    } finally {
      names.close()
    }
    await work.keep()
    if (work.reached.rows === 0) {
      await work.remove()
      throw embedErrors('ARC6825', { set: source.name, pictures: total })
    }
    const finish = { file, format, shape, room, metadata, onProgress: report('writing'), signal }
    const finished = await finishWork(work, finish).catch((error: unknown) => {
      if (signal.aborted && error === signal.reason) return undefined
      throw error instanceof ArccError ? error : embedErrors('ARC6826', { file, reason: reasonOf(error) }, error)
    })
    return finished === undefined ? interrupted() : { ...finished, interrupted: false, width }
  } finally {
    await work.close()
  }
}
