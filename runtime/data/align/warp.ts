/**
 * Warps a picture by a similarity transform, bilinear, black outside: the fixed-point arithmetic of OpenCV's `warpAffine` (versions up to
 * 4.11), positions in 1/1024 pixel, rounded to 1/32.
 *
 * Legend: h w 3 height, width and channels of the result.
 */
import type { Image } from '../image.ts'
import type { Similarity } from './similarity.ts'

/** Positions are whole numbers of 1/1024 pixel, and become whole numbers of 1/32. */
const POSITION_BITS = 10
const FRACTION_BITS = 5
const ONE = 1 << FRACTION_BITS
/** Half a step of 1/32, so that the shift rounds. */
const HALF_STEP = 1 << (POSITION_BITS - FRACTION_BITS - 1)
/** The four weights are products of two, so that their sum is 1024. */
const SUM_BITS = 2 * FRACTION_BITS

/** To the nearest whole number, halves to the even one, limited to 32 bits. */
function rounded(value: number): number {
  const low = Math.floor(value)
  const rest = value - low
  const nearest = rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, nearest))
}

/** Writes the warped picture to `out`, u8[h,w,3]; `move` maps points of `image` to points of the result. */
export function warp(image: Image, move: Similarity, height: number, width: number, out: Uint8Array): void {
  const { a, b, tx, ty } = move
  const square = a * a + b * b
  // The inverse: x = c u + s v + x0, y = -s u + c v + y0.
  const [c, s] = [a / square, b / square]
  const [x0, y0] = [-(c * tx + s * ty), s * tx - c * ty]
  const scale = 1 << POSITION_BITS
  const acrossX = Int32Array.from({ length: width }, (_, u) => rounded(c * u * scale))
  const acrossY = Int32Array.from({ length: width }, (_, u) => rounded(-s * u * scale))
  let at = 0
  for (let v = 0; v < height; v++) {
    const startX = rounded((s * v + x0) * scale) + HALF_STEP
    const startY = rounded((c * v + y0) * scale) + HALF_STEP
    for (let u = 0; u < width; u++, at += 3) {
      const x = (startX + (acrossX[u] ?? 0)) >> (POSITION_BITS - FRACTION_BITS)
      const y = (startY + (acrossY[u] ?? 0)) >> (POSITION_BITS - FRACTION_BITS)
      sample(image, x, y, out, at)
    }
  }
}

/** The pixel at (x, y), in 1/32 pixel, to `out[at … at + 3]`. Neighbors outside the picture are black. */
function sample({ data, width, height }: Image, x: number, y: number, out: Uint8Array, at: number): void {
  const [left, top] = [x >> FRACTION_BITS, y >> FRACTION_BITS]
  const [right, below] = [x & (ONE - 1), y & (ONE - 1)]
  const row = 3 * width
  const place = top * row + 3 * left
  const [inLeft, inRight] = [left >= 0 && left < width, left + 1 >= 0 && left + 1 < width]
  const [inTop, inBottom] = [top >= 0 && top < height, top + 1 >= 0 && top + 1 < height]
  const weightTop = ONE - below
  const weightLeft = ONE - right
  for (let channel = 0; channel < 3; channel++) {
    const i = place + channel
    let sum = 1 << (SUM_BITS - 1)
    if (inTop && inLeft) sum += (data[i] ?? 0) * weightTop * weightLeft
    if (inTop && inRight) sum += (data[i + 3] ?? 0) * weightTop * right
    if (inBottom && inLeft) sum += (data[i + row] ?? 0) * below * weightLeft
    if (inBottom && inRight) sum += (data[i + row + 3] ?? 0) * below * right
    out[at + channel] = sum >> SUM_BITS
  }
}
