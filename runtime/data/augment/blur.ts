/** Gaussian blur. */
import type { AugmentOpOf } from '../../../compiler/plan/plan.ts'
import type { Stream } from '../../random.ts'
import type { Canvas } from './canvas.ts'

/** The weights add up to this, so that sums fit 16 bits. */
const weightOne = 256

/** The standard deviation for a window, as in OpenCV's `getGaussianKernel` and DALI's `gaussian_blur`. */
export function sigmaOf(window: number): number {
  return 0.3 * ((window - 1) / 2 - 1) + 0.8
}

/** The weights of a window as integers, symmetric. */
export function blurWeights(window: number): readonly number[] {
  const radius = (window - 1) / 2
  const sigma = sigmaOf(window)
  const exact = Array.from({ length: window }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)))
  const sum = exact.reduce((total, weight) => total + weight, 0)
  const weights = exact.map((weight) => Math.round((weight / sum) * weightOne))
  weights[radius] = (weights[radius] ?? 0) + weightOne - weights.reduce((total, weight) => total + weight, 0)
  return weights
}

/** The pixel inside of the image that stands for one outside: mirrored at the middle of the edge pixels (BORDER_REFLECT_101). */
function reflected(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const at = ((index % period) + period) % period
  return at < length ? at : period - at
}

/**
 * Gaussian blur with a random odd window, as DALI's `fn.gaussian_blur(window_size)` and OpenCV's `GaussianBlur` do it: the standard
 * deviation follows from the window, and the image is mirrored at its edges. Weights have 8 bits, as OpenCV's for bytes; levels are
 * rounded after each of the two passes.
 */
export function createBlur(
  { window: [smallest, largest] }: AugmentOpOf<'blur'>,
  canvas: Canvas,
): (draw: Stream) => void {
  const { height, width, channels } = canvas.size
  const most = (largest - 1) / 2
  const row = width * channels
  // An image with a border on all sides, and the same after the pass along the rows.
  const bordered = canvas.reserve((height + 2 * most) * (width + 2 * most) * channels)
  const smoothed = canvas.reserve((height + 2 * most) * row)
  const table = canvas.reserve(4 * largest)
  const windows = (largest - smallest) / 2 + 1
  const weights = Array.from({ length: windows }, (_, i) => blurWeights(smallest + 2 * i))
  return (draw) => {
    const chosen = weights[draw.integer(windows)] ?? []
    const radius = (chosen.length - 1) / 2
    const { bytes, words, address, kernels } = canvas
    for (const [i, weight] of chosen.entries()) words[table / 4 + i] = weight
    const border = radius * channels
    const stride = row + 2 * border
    for (let y = -radius; y < height + radius; y++) {
      const from = address + reflected(y, height) * row
      const to = bordered + (y + radius) * stride
      bytes.copyWithin(to + border, from, from + row)
      for (let x = 1; x <= radius; x++)
        for (let c = 0; c < channels; c++) {
          bytes[to + border - x * channels + c] = bytes[from + reflected(-x, width) * channels + c] ?? 0
          bytes[to + border + (width - 1 + x) * channels + c] =
            bytes[from + reflected(width - 1 + x, width) * channels + c] ?? 0
        }
      kernels.convolve(to, smoothed + (y + radius) * row, Math.ceil(row / 8), channels, table, chosen.length)
    }
    kernels.convolve(smoothed, address, Math.ceil(canvas.length / 8), row, table, chosen.length)
  }
}
