/**
 * Changes of color. Images with one channel have brightness and contrast only.
 *
 * Legend: a map is the 3×3 matrix from (red, green, blue) to (red, green, blue), row by row; levels are 0 … 255.
 */
import type { AugmentOpOf } from '../../../compiler/plan/plan.ts'
import type { Stream } from '../../random.ts'
import type { Canvas } from './canvas.ts'
import { rotateHue } from './hue.ts'

/** Luma of ITU-R BT.601. */
const luma = [0.299, 0.587, 0.114] as const

/** The largest factor of a kernel. */
const largestHalf = 32767

/** Factors of `mapColors` are times this. */
const factorOne = 2 ** 12

/**
 * Applies a map to an image with three channels, rounds to the nearest level and limits to 0 … 255. Factors are below 8, and the result
 * is exact to 0.1 levels before it is rounded.
 */
function createColorMap(canvas: Canvas): (map: Float64Array) => void {
  const table = canvas.reserve(96)
  const groups = Math.ceil(canvas.length / 24)
  return (map) => {
    const { halves, kernels, address } = canvas
    for (let row = 0; row < 3; row++)
      for (let i = 0; i < 4; i++) {
        const factor = i === 3 ? 0 : Math.round((map[3 * row + i] ?? 0) * factorOne)
        const at = table / 2 + row * 16 + (i >> 1) * 8 + (i & 1)
        for (let lane = 0; lane < 8; lane += 2) halves[at + lane] = factor
      }
    kernels.mapColors(address, groups, table)
  }
}

/** Scales and shifts all levels alike; the factor is below 2, and the offset within a byte. Exact to 0.03 levels before rounding. */
function createLevelMap(canvas: Canvas): (factor: number, offset: number) => void {
  const groups = Math.ceil(canvas.length / 16)
  return (factor, offset) => {
    const half = Math.min(largestHalf, Math.round(factor * 2 ** 14))
    canvas.kernels.mapLevels(canvas.address, groups, half, Math.round(offset * 2 ** 5))
  }
}

/** The mean luma of the image. */
function createMeanLuma(canvas: Canvas): () => number {
  const { length, size, kernels } = canvas
  const pixels = size.height * size.width
  const sums = canvas.reserve(48)
  const groups = Math.ceil(length / 24)
  return () => {
    const { bytes, words, address } = canvas
    if (size.channels === 1) {
      let sum = 0
      for (let i = address; i < address + length; i++) sum += bytes[i] ?? 0
      return sum / pixels
    }
    bytes.fill(0, address + length, address + groups * 24)
    kernels.sumColors(address, groups, sums)
    let total = 0
    for (let lane = 0; lane < 12; lane++) total += (words[sums / 4 + lane] ?? 0) * (luma[lane >> 2] ?? 0)
    return total / pixels
  }
}

/** Sets the map to a mixture of each pixel, by the factor `own`, and its luma. */
function setMixture(map: Float64Array, own: number): Float64Array {
  for (let row = 0; row < 3; row++)
    for (let i = 0; i < 3; i++) map[3 * row + i] = (1 - own) * (luma[i] ?? 0) + (i === row ? own : 0)
  return map
}

/**
 * torchvision's ColorJitter: brightness, contrast and saturation, each mixed with black, the mean luma and the luma of each pixel, by a
 * factor uniform in [1 - x, 1 + x], and a rotation of the hue in HSV by a fraction of a turn uniform in [-x, x]; in random
 * order. After each, levels are rounded to the nearest (torchvision truncates) and limited to 0 … 255.
 */
export function createJitter(op: AugmentOpOf<'jitter'>, canvas: Canvas): (draw: Stream) => void {
  const isColor = canvas.size.channels === 3
  const mapColors = isColor ? createColorMap(canvas) : undefined
  const mapLevels = createLevelMap(canvas)
  const meanLuma = createMeanLuma(canvas)
  const order = new Uint8Array(4)
  const map = new Float64Array(9)
  const factor = (draw: Stream, range: number) => draw.between(1 - range, 1 + range)
  return (draw) => {
    const brightness = factor(draw, op.brightness)
    const contrast = factor(draw, op.contrast)
    const saturation = factor(draw, op.saturation)
    const turn = draw.between(-op.hue, op.hue)
    for (let i = 0; i < 4; i++) {
      const j = draw.integer(i + 1)
      order[i] = order[j] ?? 0
      order[j] = i
    }
    for (let i = 0; i < 4; i++) {
      if (order[i] === 0 && op.brightness > 0) mapLevels(brightness, 0)
      else if (order[i] === 1 && op.contrast > 0) mapLevels(contrast, (1 - contrast) * meanLuma())
      else if (order[i] === 2 && op.saturation > 0) mapColors?.(setMixture(map, saturation))
      else if (order[i] === 3 && op.hue > 0 && isColor) rotateHue(canvas.bytes, canvas.address, canvas.length, turn)
    }
  }
}

/** DALI's matrices of `fn.hsv` (dali/operators/image/color/color_twist.h): RGB to YIQ, and back. */
const toYiq = [0.299, 0.587, 0.114, 0.596, -0.274, -0.321, 0.211, -0.523, 0.311] as const
const fromYiq = [1, 0.956, 0.621, 1, -0.272, -0.647, 1, -1.107, 1.705] as const

/** The map of DALI's `fn.hsv`: the plane of I and Q is rotated by `hue` radians and scaled by `saturation`; levels are rounded once. */
export function setHsvMap(map: Float64Array, hue: number, saturation: number): void {
  const [cos, sin] = [Math.cos(hue) * saturation, Math.sin(hue) * saturation]
  for (let row = 0; row < 3; row++)
    for (let column = 0; column < 3; column++) {
      const y = toYiq[column] ?? 0
      const i = toYiq[3 + column] ?? 0
      const q = toYiq[6 + column] ?? 0
      const turned = [y, cos * i + sin * q, cos * q - sin * i]
      let sum = 0
      for (let k = 0; k < 3; k++) sum += (fromYiq[3 * row + k] ?? 0) * (turned[k] ?? 0)
      map[3 * row + column] = sum
    }
}

/** DALI's `fn.hsv` with a random rotation of the hue and a random factor of the saturation. One channel stays as it is. */
export function createHsv(op: AugmentOpOf<'hsv'>, canvas: Canvas): (draw: Stream) => void {
  if (canvas.size.channels === 1) return () => undefined
  const mapColors = createColorMap(canvas)
  const map = new Float64Array(9)
  return (draw) => {
    setHsvMap(map, draw.between(...op.hueShift), draw.between(...op.saturationFactor))
    mapColors(map)
  }
}

/** The luma of each pixel in all channels, as torchvision's RandomGrayscale and DALI's `fn.hsv` with a saturation of 0 do it. */
export function createGray(canvas: Canvas): (draw: Stream) => void {
  if (canvas.size.channels === 1) return () => undefined
  const mapColors = createColorMap(canvas)
  const map = new Float64Array(9)
  setMixture(map, 0)
  return () => mapColors(map)
}
