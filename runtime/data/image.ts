/** Images in memory and their resampling. Legend: h w height and width in pixels, 3 the channels red, green, blue. */
import { bug } from '../../grammar/diagnostic.ts'

/** An image: `data` is u8[h, w, 3], row-major. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Side of every image that a network sees, in pixels. */
export const FACE_SIZE = 112
/** Bytes of one such image. */
export const FACE_BYTES = FACE_SIZE * FACE_SIZE * 3

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

/** The image as a network sees it: 112 × 112, stretched as a whole (aligned face crops have this size). */
export function toFaceSize(image: Image): Image {
  return resize(image, FACE_SIZE, FACE_SIZE)
}
