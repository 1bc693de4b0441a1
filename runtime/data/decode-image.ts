/** Decodes images by content, not by file name: PGM and PPM here, JPEG, PNG and WebP with sharp (libvips). */
import { bug } from '../../grammar/diagnostic.ts'
import { grayToRgb, type Image } from './image.ts'
import { dataErrors, reasonOf } from './messages.ts'
import { decodeNetpbm, isNetpbm } from './netpbm.ts'

/** Maximum number of pixels per image: a guard against images that unpack to gigabytes. */
const MOST_PIXELS = 2 ** 26

type Sharp = typeof import('sharp')['default']
let loaded: Promise<Sharp> | undefined

/** One thread per image and no cache: face crops are small, and the batch has many of them in flight. */
function loadSharp(): Promise<Sharp> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp
  })
  return loaded
}

function startsWith(bytes: Uint8Array, ...expected: number[]): boolean {
  return expected.every((byte, i) => bytes[i] === byte)
}

function isKnown(bytes: Uint8Array): boolean {
  const jpeg = startsWith(bytes, 0xff, 0xd8, 0xff)
  const png = startsWith(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  const webp = startsWith(bytes, 0x52, 0x49, 0x46, 0x46) && startsWith(bytes.subarray(8), 0x57, 0x45, 0x42, 0x50)
  return jpeg || png || webp
}

function showStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing (0 bytes)'
  return Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/**
 * The pixels of an encoded image; gray levels are repeated in all three channels, transparency is dropped. `name` is for errors:
 * ARC6204 if the format is unknown, ARC6205 if the image is damaged or truncated.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Image> {
  if (isNetpbm(bytes)) return decodeNetpbm(bytes, name)
  if (!isKnown(bytes)) throw dataErrors('ARC6204', { file: name, starts: showStart(bytes) })
  const sharp = await loadSharp()
  try {
    const { data, info } = await sharp(bytes, {
      failOn: 'warning',
      limitInputPixels: MOST_PIXELS,
      sequentialRead: true,
    })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    if (info.channels === 3) return { width: info.width, height: info.height, data: pixels }
    if (info.channels === 1) return grayToRgb(pixels, info.width, info.height)
    return bug(`${name} decoded to ${info.channels} channels`)
  } catch (error) {
    throw dataErrors('ARC6205', { file: name, reason: reasonOf(error) }, error)
  }
}
