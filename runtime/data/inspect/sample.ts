/** Decodes a spread sample of a collection's pictures. */
import { ArccError } from '../../errors.ts'
import type { Collection } from '../collection.ts'
import type { PictureFault } from '../jobs/picture-source.ts'
import { openPictures } from '../jobs/picture-source.ts'
import { spread } from '../jobs/spread.ts'
import { formatName } from './format-name.ts'

export interface Sample {
  /** Number of pictures that were read. */
  readonly pictures: number
  /** How many have each format, most frequent first; `drawn` for generated ones. */
  readonly formats: readonly { readonly format: string; readonly pictures: number }[]
  /** How many have each size, most frequent first. */
  readonly sizes: readonly { readonly width: number; readonly height: number; readonly pictures: number }[]
  /** Encoded bytes of an average picture. */
  readonly meanBytes: number
  readonly faults: readonly PictureFault[]
}

/** Decoded at a time: as many as the threads that sharp decodes in. */
const atOnce = 4

/** Reads and decodes up to `count` pictures. */
export async function samplePictures(collection: Collection, count: number): Promise<Sample> {
  const source = openPictures(collection.recipe)
  const formats = new Map<string, number>()
  const sizes = new Map<string, { width: number; height: number; pictures: number }>()
  const faults: PictureFault[] = []
  let bytes = 0
  const look = async (image: number) => {
    const encoded = await source.encoded(image)
    bytes += encoded?.length ?? 0
    const format = encoded === undefined ? 'drawn' : formatName(encoded)
    formats.set(format, (formats.get(format) ?? 0) + 1)
    const { width, height } = await source.decoded(image, encoded)
    const key = `${width}x${height}`
    const known = sizes.get(key) ?? { width, height, pictures: 0 }
    sizes.set(key, known)
    known.pictures++
  }
  const numbers = spread(collection.images, count)
  const queue = numbers.values()
  const worker = async () => {
    for (const image of queue) {
      await look(image).catch((error: unknown) => {
        if (!(error instanceof ArccError)) throw error
        faults.push({ image, message: error.message })
      })
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, worker))
  } finally {
    source.close()
  }
  return {
    pictures: numbers.length,
    formats: [...formats].map(([format, pictures]) => ({ format, pictures })).sort((a, b) => b.pictures - a.pictures),
    sizes: [...sizes.values()].sort((a, b) => b.pictures - a.pictures || a.width - b.width || a.height - b.height),
    meanBytes: numbers.length === 0 ? 0 : bytes / numbers.length,
    faults: faults.sort((a, b) => a.image - b.image),
  }
}
