/** Draws verification pairs from the people of a data set, and writes them as InsightFace's `.bin` or as a list of files. */
import { dirname, relative, resolve } from 'node:path'
import type { Collection, EncodedImages } from '../collection.ts'
import { openImages } from '../formats/open-images.ts'
import { asError, type Recode } from '../jobs/jobs.ts'
import { inOrder, openPicturePool } from '../jobs/picture-pool.ts'
import { foldedPairs } from './folded-pairs.ts'
import { packErrors } from './messages.ts'
import { openOutputs, requireApart } from './output-files.ts'
import { writeBinPairs } from './write-pickle.ts'

export interface PairsRequest {
  readonly collection: Collection
  /** A `.bin` or `.csv` file. */
  readonly out: string
  /** Pairs of both kinds together, a multiple of `pairUnit` (`folded-pairs.ts`). */
  readonly pairs: number
  readonly seed: number
  /** How the pictures of a `.bin` are encoded. */
  readonly recode: Recode
  readonly force: boolean
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
  readonly signal: AbortSignal
}

export interface WrittenPairs {
  readonly file: string
  readonly pairs: number
  /** Different pictures among them, and people of whom they are. */
  readonly images: number
  readonly people: number
  readonly bytes: number
  /** True if `signal` stopped it; nothing was written then. */
  readonly interrupted: boolean
}

/** One cell of a CSV line (RFC 4180). */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Lines `first,second,same` with paths relative to the list's folder. */
function* listLines(images: EncodedImages, pairs: Int32Array, same: Uint8Array, out: string): Generator<string> {
  const folder = dirname(resolve(out))
  const path = (i: number) => cell(relative(folder, images.pathOf?.(i) ?? images.nameOf(i)))
  yield 'first,second,same\n'
  for (const [p, flag] of same.entries()) yield `${path(pairs[2 * p] ?? 0)},${path(pairs[2 * p + 1] ?? 0)},${flag}\n`
}

/** Encodes pictures in the order in which they are asked for, ahead of that on all cores. */
function createEncoder({ collection, recode, signal, onProgress }: PairsRequest, pairs: Int32Array) {
  const distinct = [...new Set(pairs)]
  const pool = openPicturePool({ recipe: collection.recipe })
  const run = (number: number) => pool.recode({ numbers: Uint32Array.of(number), ...recode })
  const results = inOrder(distinct, 8 * pool.workers, run, signal)
  let done = 0
  return {
    async read(i: number): Promise<Uint8Array> {
      const { value } = await results.next()
      if (value?.job !== i) throw new Interrupted()
      const [encoded] = value.result
      if (encoded === undefined) throw new Interrupted()
      onProgress({ done: ++done, total: distinct.length })
      if (encoded instanceof Uint8Array) return encoded
      throw asError(encoded)
    },
    close: () => pool.close(),
  }
}

/** Ends the writing of a set after Ctrl-C. */
class Interrupted extends Error {}

/** Throws ARC6207 if the people have too few pictures, ARC641x, and ARC62xx for a picture that cannot be read. */
export async function writePairs(request: PairsRequest): Promise<WrittenPairs> {
  const { collection, out, seed, force } = request
  const { recipe, name } = collection
  const isList = /\.csv$/i.test(out)
  const areFiles = recipe.kind === 'files' || recipe.kind === 'listed'
  if (isList && !areFiles) throw packErrors('ARC6418', { file: out, set: name })
  if ('files' in recipe) await requireApart([out], recipe.files)
  const { pairs, same } = foldedPairs(collection, request.pairs, seed)
  const facts = {
    file: out,
    pairs: same.length,
    images: new Set(pairs).size,
    people: new Set(Array.from(pairs, (i) => collection.label(i))).size,
  }
  const outputs = await openOutputs([out], force)
  const file = outputs.file(out)
  try {
    if (isList) {
      const images = openImages(recipe)
      try {
        for (const line of listLines(images, pairs, same, out)) await file.write(line)
      } finally {
        images.close()
      }
    } else {
      const encoder = createEncoder(request, pairs)
      await writeBinPairs(file, pairs, same, encoder.read).finally(encoder.close)
    }
    await outputs.commit()
    return { ...facts, bytes: file.length, interrupted: false }
  } catch (error) {
    await outputs.discard()
    if (error instanceof Interrupted && request.signal.aborted) return { ...facts, bytes: 0, interrupted: true }
    throw error
  }
}
