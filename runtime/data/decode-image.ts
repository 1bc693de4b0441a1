/**
 * Decodes images by content, not by file name: BMP, PBM, PGM and PPM here, the others with sharp (libvips). All become RGB of 8
 * bits: Exif orientation is applied, transparency is dropped, 16 bits are scaled, CMYK and embedded profiles are converted to sRGB,
 * and of several frames or pages the first counts.
 */
import { avifSizeFault } from './avif-size.ts'
import { decodeBmp } from './bmp.ts'
import { grayToRgb, type Image } from './image.ts'
import { endsProperly, repairJpeg, unreadCoding } from './jpeg-repair.ts'
import { dataErrors } from './messages.ts'
import { decodeNetpbm } from './netpbm.ts'
import { type PictureKind, pictureKind } from './picture-kind.ts'
import { MOST_PIXELS } from './picture-limits.ts'
import { unreadTiff } from './tiff-header.ts'

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

function showStart(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/** Warnings of libjpeg, libpng and the others in arcc's words, by what they contain. */
const faults: readonly (readonly [RegExp, string])[] = [
  [/premature end|truncated|not enough data|unexpected end|end of (file|stream)/i, 'its pixel data ends too early'],
  [/pixel limit|too large|dimension/i, `it has more than ${MOST_PIXELS} pixels`],
  [/Huffman|Corrupt JPEG|Unsupported marker|bogus|Inconsistent/i, 'its compressed data are corrupt'],
  [/crc|checksum/i, 'a checksum in it is wrong'],
]

function reasonOfFault(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  return faults.find(([pattern]) => pattern.test(text))?.[1] ?? 'it is cut off or corrupt'
}

async function bySharp(bytes: Uint8Array): Promise<Image> {
  const sharp = await loadSharp()
  const { data, info } = await sharp(bytes, {
    failOn: 'warning',
    limitInputPixels: MOST_PIXELS,
    sequentialRead: true,
  })
    .autoOrient()
    .toColorspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (info.channels === 1) return grayToRgb(pixels, info.width, info.height)
  if (info.channels !== 3) throw new Error(`${info.channels} channels`)
  return { width: info.width, height: info.height, data: pixels }
}

/** Stray bytes at the end of a progressive picture's data that viewers pass over. */
const MOST_STRAY = 64
const strayAtEnd = /^VipsJpeg: Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9/

/** Decodes a repaired JPEG; if the only fault is stray bytes before the end marker, they are removed as well. */
async function byRepair(bytes: Uint8Array, mayStray: boolean): Promise<Image> {
  let rest = bytes
  for (let stray = 0; ; ) {
    try {
      return await bySharp(rest)
    } catch (error) {
      const found = Number(strayAtEnd.exec(error instanceof Error ? error.message : '')?.[1] ?? 0)
      stray += found
      if (!mayStray || found === 0 || stray > MOST_STRAY) throw error
      rest = Buffer.concat([rest.subarray(0, rest.length - 2 - found), rest.subarray(-2)])
    }
  }
}

async function decodeJpeg(bytes: Uint8Array, damaged: (reason: string, cause?: unknown) => Error): Promise<Image> {
  const proper = endsProperly(bytes)
  let failure: unknown
  if (proper) {
    try {
      return await bySharp(bytes)
    } catch (error) {
      failure = error
    }
  }
  const repaired = repairJpeg(bytes)
  if (typeof repaired === 'string') throw damaged(repaired, failure)
  try {
    return await byRepair(repaired.bytes, repaired.ended)
  } catch (error) {
    throw damaged(reasonOfFault(error), error)
  }
}

/** What a file of a kind that arcc reads contains that it does not read. */
function unread(bytes: Uint8Array, kind: PictureKind): string | undefined {
  if (kind === 'jpeg') return unreadCoding(bytes)
  if (kind === 'tiff') return unreadTiff(bytes)
  return undefined
}

/**
 * The pixels of an encoded image. `name` is for errors: ARC6204 if nothing is known of the format, ARC6233 if it is known but not read,
 * ARC6205 if the image is damaged or truncated.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Image> {
  const kind = pictureKind(bytes)
  if (kind === undefined) throw dataErrors('ARC6204', { file: name, starts: showStart(bytes) })
  if (typeof kind !== 'string') throw dataErrors('ARC6233', { file: name, ...kind })
  if (kind === 'netpbm') return decodeNetpbm(bytes, name)
  if (kind === 'bmp') return decodeBmp(bytes, name)
  const damaged = (reason: string, cause?: unknown) => dataErrors('ARC6205', { file: name, reason }, cause)
  const what = unread(bytes, kind)
  if (what !== undefined) throw dataErrors('ARC6233', { file: name, what, fix: 'convert it to JPEG or PNG of 8 bits' })
  if (kind === 'jpeg') return decodeJpeg(bytes, damaged)
  const fault = kind === 'avif' ? avifSizeFault(bytes) : undefined
  if (fault !== undefined) throw damaged(fault)
  try {
    return await bySharp(bytes)
  } catch (error) {
    throw damaged(reasonOfFault(error), error)
  }
}
