/** Images in memory and their resampling. Legend: h w height and width in pixels, 3 the channels red, green, blue. */
import { bug } from '../../grammar/diagnostic.ts'

/** An image: `data` is u8[h, w, 3], row-major. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Side of a usual face crop, in pixels. */
export const FACE_SIZE = 112

/** What a network takes: height, width, channels. One channel is gray, three are red, green, blue. */
export type ImageShape = readonly [height: number, width: number, channels: number]

/** Bytes of one image of a shape. */
export function imageBytes([height, width, channels]: ImageShape): number {
  return height * width * channels
}

/** Repeats the gray levels u8[h, w] in all three channels. */
export function grayToRgb(gray: Uint8Array, width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) data.fill(gray[i] ?? 0, 3 * i, 3 * i + 3)
  return { width, height, data }
}

/** The source of one output pixel: input pixels `first` …, one weight each, sum 1. */
interface Tap {
  readonly first: number
  readonly weights: Float64Array
}

/** Triangle filter; when shrinking, it is widened to the scale, so that no input pixel is skipped. */
function taps(input: number, output: number): Tap[] {
  const scale = input / output
  const support = Math.max(1, scale)
  return Array.from({ length: output }, (_, o) => {
    const center = (o + 0.5) * scale
    const first = Math.max(0, Math.floor(center - support + 0.5))
    const last = Math.min(input - 1, Math.ceil(center + support - 0.5) - 1)
    const weights = Float64Array.from({ length: Math.max(1, last - first + 1) }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k + 0.5 - center) / support)),
    )
    const sum = weights.reduce((total, w) => total + w, 0)
    return { first: Math.min(first, input - 1), weights: sum > 0 ? weights.map((w) => w / sum) : Float64Array.of(1) }
  })
}

/**
 * The image stretched to `width` × `height` by a separable triangle filter (bilinear when enlarging, area weighted when
 * shrinking), in double precision, rounded once: the same bytes on every computer.
 */
export function resize(image: Image, width: number, height: number): Image {
  if (width < 1 || height < 1) bug(`resize to ${width}x${height}`)
  if (image.width === width && image.height === height) return image
  const rows = new Float64Array(image.height * width * 3)
  const across = taps(image.width, width)
  for (let y = 0; y < image.height; y++) {
    for (const [x, { first, weights }] of across.entries()) {
      for (let c = 0; c < 3; c++) {
        let sum = 0
        for (let k = 0; k < weights.length; k++) {
          sum += (weights[k] ?? 0) * (image.data[(y * image.width + first + k) * 3 + c] ?? 0)
        }
        rows[(y * width + x) * 3 + c] = sum
      }
    }
  }
  const data = new Uint8Array(width * height * 3)
  const stride = width * 3
  for (const [y, { first, weights }] of taps(image.height, height).entries()) {
    for (let i = 0; i < stride; i++) {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (rows[(first + k) * stride + i] ?? 0)
      data[y * stride + i] = Math.floor(sum + 0.5)
    }
  }
  return { width, height, data }
}

/** Rec. 601 luma of each pixel, u8[h, w], in the fixed point of Pillow's mode L. */
export function luma({ data }: Image): Uint8Array {
  const gray = new Uint8Array(data.length / 3)
  for (let i = 0; i < gray.length; i++) {
    const [red, green, blue] = [data[3 * i] ?? 0, data[3 * i + 1] ?? 0, data[3 * i + 2] ?? 0]
    gray[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
  }
  return gray
}

/** The image as a network takes it, u8[h, w, channels]: gray if it has one channel, and stretched as a whole to the size. */
export function fitImage(image: Image, [height, width, channels]: ImageShape): Uint8Array {
  if (channels === 3) return resize(image, width, height).data
  if (channels !== 1) bug(`an image of ${channels} channels`)
  const gray = luma(image)
  if (image.width === width && image.height === height) return gray
  return luma(resize(grayToRgb(gray, image.width, image.height), width, height))
}
