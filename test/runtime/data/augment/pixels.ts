/** Images to augment, and operations applied to them directly. Legend: h w c the height, width and channels. */
import type { AugmentOp } from '../../../../compiler/plan/plan.ts'
import { createAugmenter } from '../../../../runtime/data/augment/augmenter.ts'
import { type Canvas, createCanvas, type ImageSize } from '../../../../runtime/data/augment/canvas.ts'
import { createStream, type Stream } from '../../../../runtime/random.ts'

/** Sizes at which groups of 8 and 16 bytes end inside an image, at its end or nowhere. */
export const sizes: readonly ImageSize[] = [
  { height: 112, width: 112, channels: 3 },
  { height: 112, width: 112, channels: 1 },
  { height: 37, width: 51, channels: 3 },
  { height: 64, width: 33, channels: 1 },
  { height: 5, width: 3, channels: 3 },
  { height: 1, width: 1, channels: 3 },
  { height: 1, width: 2, channels: 1 },
]

/** Waves with noise, in all levels: u8[h, w, c]. */
export function picture({ height, width, channels }: ImageSize, seed = 1): Uint8Array {
  const { normal } = createStream({ a: seed, b: 0 })
  const pixels = new Uint8ClampedArray(height * width * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const level = 128 + 70 * Math.sin(x / 9 + c) + 60 * Math.cos(y / 7 - (c * x) / 20) + 15 * normal()
        pixels[(y * width + x) * channels + c] = level
      }
  return new Uint8Array(pixels.buffer)
}

/** The image after an operation that is applied once, directly. */
export function applied(
  create: (canvas: Canvas) => (draw: Stream) => void,
  size: ImageSize,
  pixels: Uint8Array,
  draw: Stream,
): Uint8Array {
  const canvas = createCanvas(size)
  const operation = create(canvas)
  canvas.bytes.set(pixels, canvas.address)
  operation(draw)
  return canvas.bytes.slice(canvas.address, canvas.address + canvas.length)
}

/** A stream that returns these fractions in turn; `between` and `integer` scale them as a real one does. */
export function scripted(fractions: readonly number[]): Stream {
  let next = 0
  const uniform = (): number => {
    const value = fractions[next++]
    if (value === undefined) throw new Error('more numbers were drawn than were given')
    return value
  }
  return {
    bits: () => Math.floor(uniform() * 2 ** 32),
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    normal: () => 0,
    integer: (n) => Math.floor(uniform() * n),
    chance: (probability) => uniform() < probability,
  }
}

/** The largest difference of two images. */
export function furthest(a: Uint8Array, b: ArrayLike<number>): number {
  let most = 0
  for (const [i, level] of a.entries()) most = Math.max(most, Math.abs(level - (b[i] ?? Number.NaN)))
  return most
}

/** Every operation, applied to all images, with typical settings. */
export const everyOp: readonly AugmentOp[] = [
  { op: 'crop', probability: 1, scale: 0.5, ratio: 4 / 3, resize: true },
  { op: 'crop', probability: 1, scale: 0.2, ratio: 4 / 3, resize: false },
  { op: 'low_resolution', probability: 1, side: [0.2, 1], interpolation: 'any' },
  { op: 'low_resolution', probability: 1, side: [0.5, 0.8], interpolation: 'triangle' },
  { op: 'jitter', probability: 1, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  { op: 'hsv', probability: 1, hueShift: [0, 0.35], saturationFactor: [1, 1.2] },
  { op: 'blur', probability: 1, window: [3, 7] },
  { op: 'gray', probability: 1 },
  { op: 'cutout', probability: 1, area: [0.02, 0.33], ratio: 3.3, fill: 0 },
  { op: 'jpeg', probability: 1, quality: [30, 95] },
]

/** A copy of the image after all operations of a list. */
export function augmented(
  ops: readonly AugmentOp[],
  size: ImageSize,
  pixels: Uint8Array,
  image = 0,
  epoch = 0,
  seed = 1,
): Uint8Array {
  const copy = pixels.slice()
  createAugmenter({ flip: 0.5, ops }, size)(copy, { seed, epoch, image })
  return copy
}
