/** One picture at a time from any recipe, encoded or decoded, in the thread that asks. */
import type { ImageRecipe } from '../collection.ts'
import { decodeImage } from '../decode-image.ts'
import { drawFace } from '../draw-image.ts'
import { openImages } from '../formats/open-images.ts'
import type { Image } from '../image.ts'
import type { JpegDecoder } from '../jpeg/decoder.ts'
import { plainJpeg } from '../jpeg/plain.ts'

/** A picture that cannot be read, and why. */
export interface PictureFault {
  readonly image: number
  readonly message: string
}

export interface PictureSource {
  /** The encoded bytes of picture `i`, owned by the caller; `undefined` if it is drawn. Throws ARC62xx. */
  encoded(i: number): Promise<Uint8Array | undefined>
  /** The pixels of picture `i` in its own size, from the bytes of `encoded(i)` if they are given. Throws ARC62xx. */
  decoded(i: number, bytes?: Uint8Array): Promise<Image>
  nameOf(i: number): string
  close(): void
}

/** The caller closes the result. `jpeg` decodes flawless JPEGs, to the bytes of sharp, which decodes and judges all others. */
export function openPictures(recipe: ImageRecipe, jpeg?: JpegDecoder): PictureSource {
  if (recipe.kind === 'drawn') {
    return {
      encoded: async () => undefined,
      decoded: async (i) => drawFace(recipe, i),
      nameOf: (i) => `generated face ${i}`,
      close() {},
    }
  }
  const images = openImages(recipe)
  // A reader's bytes are valid until its next call, so that calls take turns.
  let turn: Promise<unknown> = Promise.resolve()
  const encoded = (i: number): Promise<Uint8Array> => {
    const mine = turn.then(async () => Uint8Array.from(await images.read(i)))
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    encoded,
    async decoded(i, given) {
      const bytes = given ?? (await encoded(i))
      const size = jpeg && plainJpeg(bytes)
      return (size && jpeg?.decode(bytes, size)) ?? decodeImage(bytes, images.nameOf(i))
    },
    nameOf: (i) => images.nameOf(i),
    close: () => images.close(),
  }
}
