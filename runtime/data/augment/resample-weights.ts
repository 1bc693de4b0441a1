/**
 * Which input pixels an output pixel is made of, along one axis. The filters are those of OpenCV's `cv2.resize`, which AdaFace uses
 * (`nearest`, `linear`, `area`, `cubic` with A = -0.75, `lanczos` with four lobes; only `area` reads all pixels when reducing), and
 * `triangle`, DALI's linear filter with antialiasing: as wide as the reduction.
 */
import type { Interpolation } from '../../../compiler/plan/plan.ts'

/** Filters that can be applied: `any` stands for a choice. */
export type Filter = Exclude<Interpolation, 'any'>

/** Weights are integers; those of an output pixel add up to this. */
export const weightOne = 1 << 14

/** The taps of each output pixel: `taps` input pixels, clamped to the image, and their weights. */
export interface AxisWeights {
  /** The largest number of taps of all output pixels. */
  readonly room: number
  taps: number
  /** Input pixel of tap k of output pixel o, at [o · taps + k]. */
  readonly sources: Int32Array
  readonly weights: Int32Array
}

/** Room for every number of input and output pixels up to `largest`. */
export function createAxisWeights(largest: number): AxisWeights {
  const room = 10 * largest + 16
  return { room, taps: 0, sources: new Int32Array(room), weights: new Int32Array(room) }
}

function tapsOf(filter: Filter, scale: number): number {
  switch (filter) {
    case 'nearest':
      return 1
    case 'linear':
      return 2
    case 'area':
      return scale > 1 ? Math.ceil(scale) + 1 : 2
    case 'cubic':
      return 4
    case 'lanczos':
      return 8
    case 'triangle':
      return 2 * Math.ceil(Math.max(1, scale)) + 1
  }
}

/** The first tap of an output pixel; the others follow. */
function firstOf(filter: Filter, output: number, scale: number): number {
  const center = (output + 0.5) * scale - 0.5
  switch (filter) {
    case 'nearest':
    case 'area':
      return Math.floor(output * scale)
    case 'linear':
      return Math.floor(center)
    case 'cubic':
      return Math.floor(center) - 1
    case 'lanczos':
      return Math.floor(center) - 3
    case 'triangle':
      return Math.ceil(center - Math.max(1, scale))
  }
}

/** OpenCV's cubic kernel at a distance. */
function cubic(distance: number): number {
  const a = -0.75
  const x = Math.abs(distance)
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
}

function lanczos(distance: number): number {
  const x = Math.PI * distance
  if (Math.abs(x) < 1e-6) return 1
  return Math.abs(distance) < 4 ? (4 * Math.sin(x) * Math.sin(x / 4)) / (x * x) : 0
}

/** The weight of an input pixel, up to a common factor. */
function weightOf(filter: Filter, source: number, output: number, scale: number): number {
  const distance = source - ((output + 0.5) * scale - 0.5)
  switch (filter) {
    case 'nearest':
      return 1
    case 'linear':
      return Math.max(0, 1 - Math.abs(distance))
    case 'area': {
      if (scale > 1) return Math.max(0, Math.min(source + 1, (output + 1) * scale) - Math.max(source, output * scale))
      // When enlarging, OpenCV mixes two pixels only where the output pixel covers both.
      const first = Math.floor(output * scale)
      const part = Math.max(0, output + 1 - (first + 1) / scale)
      return source === first ? 1 - part : part
    }
    case 'cubic':
      return cubic(distance)
    case 'lanczos':
      return lanczos(distance)
    case 'triangle':
      return Math.max(0, 1 - Math.abs(distance) / Math.max(1, scale))
  }
}

/** Sets the weights from `input` to `output` pixels. */
export function setWeights(axis: AxisWeights, filter: Filter, input: number, output: number): void {
  const { sources, weights } = axis
  const scale = input / output
  const taps = tapsOf(filter, scale)
  axis.taps = taps
  for (let o = 0; o < output; o++) {
    const first = firstOf(filter, o, scale)
    // The triangle is cut off at the edge; the other filters repeat the pixels there.
    const isCut = filter === 'triangle' || filter === 'area'
    let sum = 0
    for (let k = 0; k < taps; k++) {
      const source = first + k
      const isInside = source >= 0 && source < input
      if (isInside || !isCut) sum += weightOf(filter, source, o, scale)
    }
    let left = weightOne
    let largest = 0
    for (let k = 0; k < taps; k++) {
      const source = first + k
      const at = o * taps + k
      const isInside = source >= 0 && source < input
      const weight = isInside || !isCut ? Math.round((weightOf(filter, source, o, scale) / sum) * weightOne) : 0
      sources[at] = Math.min(input - 1, Math.max(0, source))
      weights[at] = weight
      left -= weight
      if (weight > (weights[o * taps + largest] ?? 0)) largest = k
    }
    // Rounding must not change the level of a plain image.
    weights[o * taps + largest] = (weights[o * taps + largest] ?? 0) + left
  }
}
