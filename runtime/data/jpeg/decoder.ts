/**
 * What decodes JPEG beside sharp, many times faster or on more threads at once. It takes only flawless pictures for which all decoders
 * of the libjpeg family give the same bytes (`plainJpeg`); sharp decodes the others and judges what is damaged, so that neither bits
 * nor errors depend on the decoder.
 */
import { crc32 } from 'node:zlib'
import type { Image } from '../image.ts'
import { type JpegSize, plainJpeg } from './plain.ts'
import { jpegSamples } from './samples.ts'

export interface JpegDecoder {
  /** A library's path or name, or a package's name. */
  readonly name: string
  /**
   * The pixels of a flawless JPEG, gray repeated in three channels; `undefined` for everything that sharp has to decode or judge.
   * If `into` has room for exactly these pixels, they are written there.
   */
  decode(bytes: Uint8Array, size: JpegSize, into?: Uint8Array): Image | undefined
  close(): void
}

/** The reason why a decoder is not used, in words for a user. */
export class UnusableDecoder extends Error {}

/** Returns the decoder if it decodes all samples to the bytes of sharp; otherwise closes it and throws an `UnusableDecoder`. */
export function tested(decoder: JpegDecoder): JpegDecoder {
  for (const { name, jpeg, pixels } of jpegSamples) {
    const bytes = new Uint8Array(Buffer.from(jpeg.join(''), 'base64'))
    const size = plainJpeg(bytes)
    const image = size && decoder.decode(bytes, size)
    if (image !== undefined && crc32(image.data) === pixels) continue
    decoder.close()
    throw new UnusableDecoder(`it decodes a ${name} sample differently`)
  }
  return decoder
}
