/** Re-encodes one picture as a JPEG of a square size. */
import { resize } from '../image.ts'
import type { Recode } from './jobs.ts'
import type { PictureSource } from './picture-source.ts'

/** The quality of InsightFace's packed sets. */
const usualQuality = 95

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/**
 * Picture `i` as a JPEG of `side` × `side` pixels, stretched as a whole as training does. A JPEG of that size is kept byte for byte,
 * unless a quality is asked for. Chroma is not subsampled: at 112 pixels, colors would have a resolution of 56. Throws ARC62xx.
 */
export async function recodePicture(source: PictureSource, i: number, { side, quality }: Recode): Promise<Uint8Array> {
  const bytes = await source.encoded(i)
  const image = await source.decoded(i, bytes)
  if (quality === undefined && image.width === side && image.height === side) {
    if (bytes !== undefined && isJpeg(bytes)) return bytes
  }
  const { data, width, height } = resize(image, side, side)
  const { default: sharp } = await import('sharp')
  const encoded = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: quality ?? usualQuality, chromaSubsampling: '4:4:4' })
    .toBuffer()
  // A buffer of its own, which can be transferred.
  return Uint8Array.from(encoded)
}
