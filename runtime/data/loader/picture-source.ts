/** The pictures of a recipe, decoded or rendered, in the thread that asks for them. */
import { bug, need } from '../../../grammar/diagnostic.ts'
import { createFaceAligner } from '../align/align-face.ts'
import { alignErrors } from '../align/messages.ts'
import { COORDINATES } from '../align/similarity.ts'
import type { DrawnImages, EncodedImages, ImageRecipe, MixedImages } from '../collection.ts'
import { decodeImage } from '../decode-image.ts'
import { drawImage } from '../draw-image.ts'
import { openImages } from '../formats/open-images.ts'
import { fitImage, type Image, type ImageShape } from '../image.ts'
import type { JpegDecoder } from '../jpeg/decoder.ts'
import { plainJpeg } from '../jpeg/plain.ts'

export interface PictureSource {
  /** Writes picture `i` into `out`, u8[h,w,c]; a promise only if it has to wait. Throws ARC62xx, which name the picture. */
  write(i: number, out: Uint8Array): void | Promise<void>
  /** Where picture `i` lies, for messages. Never throws. */
  nameOf(i: number): string
  close(): void
}

/** Opens a recipe; `jpeg` decodes what it can, sharp the rest. The caller closes it, and keeps `jpeg`. */
export function openPictures(recipe: ImageRecipe, shape: ImageShape, jpeg: JpegDecoder | undefined): PictureSource {
  switch (recipe.kind) {
    case 'drawn':
      return drawnSource(recipe, shape)
    case 'mixed':
      return mixedSource(recipe, shape, jpeg)
    case 'files': {
      const images = openImages(recipe)
      const { points } = recipe
      return encodedSource(images, points === undefined ? fitted(shape) : aligned(images, points, shape), shape, jpeg)
    }
    default:
      return encodedSource(openImages(recipe), fitted(shape), shape, jpeg)
  }
}

/** Writes a decoded picture into `out`, u8[h,w,c]. */
interface Fit {
  readonly keep: (i: number, image: Image, out: Uint8Array) => void
  /** Whether a picture of the right size is written as it is. */
  readonly isPlain: boolean
}

function fitted(shape: ImageShape): Fit {
  return {
    isPlain: true,
    keep(_, image, out) {
      const pixels = fitImage(image, shape)
      if (pixels !== out) out.set(pixels)
    },
  }
}

/** Throws ARC6340 for points that are no face. */
function aligned(images: EncodedImages, points: Float32Array, shape: ImageShape): Fit {
  const aligner = createFaceAligner(shape)
  return {
    isPlain: false,
    keep(i, image, out) {
      if (!aligner.align(image, points, i * COORDINATES, out)) throw alignErrors('ARC6340', { file: images.nameOf(i) })
    },
  }
}

function encodedSource(
  images: EncodedImages,
  { keep, isPlain }: Fit,
  shape: ImageShape,
  jpeg: JpegDecoder | undefined,
): PictureSource {
  const decode = (i: number, bytes: Uint8Array, out: Uint8Array): void | Promise<void> => {
    const plain = jpeg === undefined ? undefined : plainJpeg(bytes)
    const fits = isPlain && plain?.height === shape[0] && plain.width === shape[1] && shape[2] === 3
    const image = plain && jpeg?.decode(bytes, plain, fits ? out : undefined)
    if (image !== undefined) return keep(i, image, out)
    // Bytes are valid until the next read, which may come while sharp decodes.
    return decodeImage(new Uint8Array(bytes), images.nameOf(i)).then((decoded) => keep(i, decoded, out))
  }
  /** The last read that has to wait: the next one begins when its bytes have been taken. */
  let reading: Promise<unknown> | undefined
  const write = (i: number, out: Uint8Array): void | Promise<void> => {
    const bytes = images.read(i)
    if (!(bytes instanceof Promise)) return decode(i, bytes, out)
    let decoding: void | Promise<void>
    const taken = bytes.then((read) => {
      decoding = decode(i, read, out)
    })
    const ended = taken
      .catch(() => undefined)
      .then(() => {
        if (reading === ended) reading = undefined
      })
    reading = ended
    return taken.then(() => decoding)
  }
  const writeLater = async (i: number, out: Uint8Array): Promise<void> => {
    while (reading !== undefined) await reading
    await write(i, out)
  }
  return {
    write: (i, out) => (reading === undefined ? write(i, out) : writeLater(i, out)),
    nameOf: (i) => images.nameOf(i),
    close: () => images.close(),
  }
}

function drawnSource(recipe: DrawnImages, shape: ImageShape): PictureSource {
  return {
    write: (i, out) => out.set(drawImage(recipe, i, shape)),
    nameOf: (i) => `generated face ${i}`,
    close: () => undefined,
  }
}

function mixedSource(recipe: MixedImages, shape: ImageShape, jpeg: JpegDecoder | undefined): PictureSource {
  const parts: PictureSource[] = []
  const close = () => {
    for (const part of parts) part.close()
  }
  try {
    for (const part of recipe.parts) parts.push(openPictures(part, shape, jpeg))
  } catch (error) {
    close()
    throw error
  }
  const place = (i: number) => {
    const part = need(parts[recipe.part[i] ?? -1], `the part of picture ${i}`)
    return { part, index: recipe.index[i] ?? bug(`the place of picture ${i}`) }
  }
  return {
    write(i, out) {
      const { part, index } = place(i)
      return part.write(index, out)
    },
    nameOf(i) {
      const { part, index } = place(i)
      return part.nameOf(index)
    },
    close,
  }
}
