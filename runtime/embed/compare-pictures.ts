/**
 * Compares pictures of faces.
 *
 * Legend: P pictures, D embedding width.
 */
import { resolve } from 'node:path'
import { need } from '../../grammar/diagnostic.ts'
import { fitImage, imageBytes } from '../data/image.ts'
import { openPictures } from '../data/jobs/picture-source.ts'
import { findJpegDecoder, openJpegDecoder } from '../data/jpeg/find.ts'
import { buildTextTable } from '../data/text-table.ts'
import { type Embedder, embedPictures } from '../evaluate/embed-pairs.ts'
import type { EmbeddedImages } from '../evaluate/rounds.ts'
import { embedErrors } from './messages.ts'

export interface ComparedPicture {
  readonly file: string
  /** Of the file, in pixels. */
  readonly width: number
  readonly height: number
  /** Whether it was stretched to the size that the network takes. */
  readonly resized: boolean
}

export interface Comparison {
  readonly pictures: readonly ComparedPicture[]
  /** [P][P], each in [-1, 1]. */
  readonly cosines: readonly (readonly number[])[]
}

/** Pictures whose pixels are in memory, for `embedPictures`. */
function inMemory(pixels: readonly Uint8Array[], bytes: number): EmbeddedImages {
  return {
    pairs: { images: pixels.length },
    loader: {
      async read(numbers) {
        const all = new Uint8Array(new SharedArrayBuffer(numbers.length * bytes))
        for (const [row, i] of numbers.entries()) all.set(need(pixels[i], `picture ${i}`), row * bytes)
        return { pixels: all, numbers, skipped: [], release: () => undefined }
      },
    },
  }
}

/** The cosines of rows of the same width; 0 where one is zero. */
export function cosinesOf(rows: readonly Float32Array[]): readonly (readonly number[])[] {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
  const lengths = rows.map((row) => Math.sqrt(dot(row, row)))
  const cosine = (i: number, j: number): number => {
    if (i === j) return 1
    const [a, b] = [need(rows[i], 'a row'), need(rows[j], 'a row')]
    const length = (lengths[i] ?? 0) * (lengths[j] ?? 0)
    return length === 0 ? 0 : Math.max(-1, Math.min(1, dot(a, b) / length))
  }
  return rows.map((_, i) => rows.map((_, j) => cosine(Math.min(i, j), Math.max(i, j))))
}

/**
 * The cosines of the sums of the embeddings of each picture and of its mirror image, as verification compares them. The network embeds
 * mirror images, too. Throws ARC62xx, which name the picture, and ARC6824 if an embedding is not finite.
 */
export async function comparePictures(embedder: Embedder, files: readonly string[]): Promise<Comparison> {
  const { image, embedding: width } = embedder.network
  const [height, columns] = image
  const paths = buildTextTable()
  for (const file of files) paths.add(resolve(file))
  const jpeg = openJpegDecoder(findJpegDecoder())
  const source = openPictures({ kind: 'files', paths: paths.build() }, jpeg)
  const pictures: ComparedPicture[] = []
  const pixels: Uint8Array[] = []
  try {
    for (const [i, file] of files.entries()) {
      const decoded = await source.decoded(i)
      const resized = decoded.width !== columns || decoded.height !== height
      pictures.push({ file, width: decoded.width, height: decoded.height, resized })
      // The decoder's memory is used again for the next one.
      pixels.push(Uint8Array.from(fitImage(decoded, image)))
    }
  } finally {
    source.close()
    jpeg?.close()
  }
  const { original, mirrored } = await embedPictures(embedder, inMemory(pixels, imageBytes(image)))
  const sums = original.map((value, i) => value + (mirrored[i] ?? 0))
  const rows = files.map((_, i) => sums.subarray(i * width, (i + 1) * width))
  for (const [i, row] of rows.entries()) {
    const value = row.find((x) => !Number.isFinite(x))
    if (value !== undefined) throw embedErrors('ARC6824', { picture: files[i] ?? '', value })
  }
  return { pictures, cosines: cosinesOf(rows) }
}
