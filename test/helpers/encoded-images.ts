/** Encoded images in memory, as a recipe. */
import sharp, { type JpegOptions, type Sharp } from 'sharp'
import type { BytesImages } from '../../runtime/data/collection.ts'
import type { Image } from '../../runtime/data/image.ts'

export function bytesRecipe(images: readonly Uint8Array[], name = 'set'): BytesImages {
  const starts = new Float64Array(new SharedArrayBuffer(8 * (images.length + 1)))
  for (const [i, image] of images.entries()) starts[i + 1] = (starts[i] ?? 0) + image.length
  const bytes = new Uint8Array(new SharedArrayBuffer(starts.at(-1) ?? 0))
  for (const [i, image] of images.entries()) bytes.set(image, starts[i])
  return { kind: 'bytes', name, bytes, starts }
}

/** A smooth picture with some noise, different for each seed. */
export function patternImage(width: number, height: number, seed: number): Image {
  const data = new Uint8Array(width * height * 3)
  let state = seed * 7919 + 1
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    const wave = Math.sin((x * (c + 1) + seed) / 9) * Math.cos((y - seed) / (c + 5))
    data[i] = Math.max(0, Math.min(255, 128 + 90 * wave + (state >>> 27)))
  }
  return { width, height, data }
}

export function encodeJpeg(image: Image, options: JpegOptions = { quality: 90 }): Promise<Uint8Array> {
  return encodeImage(image, (encoder) => encoder.jpeg(options))
}

/** Encodes as `encode` says. */
export async function encodeImage(image: Image, encode: (encoder: Sharp) => Sharp): Promise<Uint8Array> {
  const raw = { width: image.width, height: image.height, channels: 3 } as const
  return new Uint8Array(await encode(sharp(image.data, { raw })).toBuffer())
}
