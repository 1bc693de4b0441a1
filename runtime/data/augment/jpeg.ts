/**
 * Artifacts of JPEG. Entropy coding loses nothing, so an image is not encoded: it goes through the steps of libjpeg that lose
 * something, and back, in the thread that augments.
 *
 * Legend: h w height and width; the planes of Y, Cb and Cr are u8, those of Cb and Cr of half the height and width (4:2:0).
 */
import type { AugmentOpOf } from '../../../compiler/plan/plan.ts'
import type { Stream } from '../../random.ts'
import type { Canvas } from './canvas.ts'
import { type Plane, quantizePlane, setTable } from './jpeg-quantization.ts'

function createPlane(height: number, width: number): Plane {
  const stride = Math.ceil(width / 8) * 8
  return { levels: new Uint8Array(Math.ceil(height / 8) * 8 * stride), stride, height, width }
}

/** Repeats the last column up to the end of the last blocks. */
function extendRows({ levels, stride, height, width }: Plane): void {
  for (let y = 0; y < height; y++)
    levels.fill(levels[y * stride + width - 1] ?? 0, y * stride + width, (y + 1) * stride)
}

/** Repeats the last row up to the end of the last blocks. */
function extendColumns({ levels, stride, height }: Plane): void {
  for (let at = height * stride; at < levels.length; at += stride)
    levels.copyWithin(at, (height - 1) * stride, height * stride)
}

/**
 * The mean of 2×2 levels, as libjpeg's `h2v2_downsample`: sums are rounded down and up in alternate columns. The last column of the
 * larger plane is repeated up to the end of the last blocks.
 */
function halve(from: Plane, to: Plane): void {
  const { levels, stride } = from
  for (let y = 0; y < to.height; y++) {
    const upper = 2 * y * stride
    const lower = Math.min(from.height - 1, 2 * y + 1) * stride
    for (let x = 0; x < to.stride; x++) {
      const left = Math.min(from.width - 1, 2 * x)
      const right = Math.min(from.width - 1, 2 * x + 1)
      const sum =
        (levels[upper + left] ?? 0) +
        (levels[upper + right] ?? 0) +
        (levels[lower + left] ?? 0) +
        (levels[lower + right] ?? 0)
      to.levels[y * to.stride + x] = (sum + 1 + (x & 1)) >> 2
    }
  }
}

/** Twice the height and width, as libjpeg's "fancy upsampling" (`h2v2_fancy_upsample`): three parts of the nearer level, one of the farther. */
function double(from: Plane, to: Plane): void {
  const { levels, stride, height, width } = from
  for (let y = 0; y < to.height; y++) {
    const near = (y >> 1) * stride
    const far = Math.min(height - 1, Math.max(0, (y >> 1) + ((y & 1) === 0 ? -1 : 1))) * stride
    const row = y * to.stride
    if (width <= 2) {
      for (let x = 0; x < to.width; x++) to.levels[row + x] = levels[near + (x >> 1)] ?? 0
      continue
    }
    let last = 3 * (levels[near] ?? 0) + (levels[far] ?? 0)
    let here = last
    for (let x = 0; x < width; x++) {
      const right = Math.min(width - 1, x + 1)
      const next = 3 * (levels[near + right] ?? 0) + (levels[far + right] ?? 0)
      to.levels[row + 2 * x] = (3 * here + last + 8) >> 4
      if (2 * x + 1 < to.stride) to.levels[row + 2 * x + 1] = (3 * here + next + 7) >> 4
      last = here
      here = next
    }
  }
}

/** RGB → YCbCr of JFIF, with libjpeg's constants of 16 bits. */
function toPlanes(bytes: Uint8Array, at: number, y: Plane, cb: Plane, cr: Plane): void {
  const shift = (128 << 16) + 32767
  for (let row = 0; row < y.height; row++)
    for (let x = 0; x < y.width; x++) {
      const i = at + 3 * (row * y.width + x)
      const to = row * y.stride + x
      const red = bytes[i] ?? 0
      const green = bytes[i + 1] ?? 0
      const blue = bytes[i + 2] ?? 0
      y.levels[to] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16
      cb.levels[to] = (shift - 11059 * red - 21709 * green + 32768 * blue) >> 16
      cr.levels[to] = (shift + 32768 * red - 27439 * green - 5329 * blue) >> 16
    }
}

function limit(level: number): number {
  return Math.min(255, Math.max(0, level))
}

function fromPlanes(y: Plane, cb: Plane, cr: Plane, bytes: Uint8Array, at: number): void {
  for (let row = 0; row < y.height; row++)
    for (let x = 0; x < y.width; x++) {
      const i = at + 3 * (row * y.width + x)
      const from = row * y.stride + x
      const luma = y.levels[from] ?? 0
      const b = (cb.levels[from] ?? 0) - 128
      const r = (cr.levels[from] ?? 0) - 128
      bytes[i] = limit(luma + ((91881 * r + 32768) >> 16))
      bytes[i + 1] = limit(luma + ((32768 - 22554 * b - 46802 * r) >> 16))
      bytes[i + 2] = limit(luma + ((116130 * b + 32768) >> 16))
    }
}

/** Compression as libjpeg does it by default, 4:2:0 with "islow" transforms, at a random quality, and decompression. */
export function createJpeg(
  { quality: [lowest, highest] }: AugmentOpOf<'jpeg'>,
  canvas: Canvas,
): (draw: Stream) => void {
  const { height, width, channels } = canvas.size
  const plane = () => createPlane(height, width)
  const half = () => createPlane(Math.ceil(height / 2), Math.ceil(width / 2))
  const [y, cb, cr] = [plane(), plane(), plane()]
  const [halfCb, halfCr] = [half(), half()]
  const table = new Int32Array(64)
  const block = new Int32Array(64)
  return (draw) => {
    const quality = lowest + draw.integer(highest - lowest + 1)
    const { bytes, address } = canvas
    if (channels === 3) toPlanes(bytes, address, y, cb, cr)
    else
      for (let row = 0; row < height; row++) {
        const start = address + row * width
        for (let x = 0; x < width; x++) y.levels[row * y.stride + x] = bytes[start + x] ?? 0
      }
    setTable(table, 'luma', quality)
    extendRows(y)
    extendColumns(y)
    quantizePlane(y, table, block)
    if (channels === 1) {
      for (let i = 0; i < height * width; i++)
        bytes[address + i] = y.levels[Math.floor(i / width) * y.stride + (i % width)] ?? 0
      return
    }
    setTable(table, 'chroma', quality)
    for (const [whole, small] of [
      [cb, halfCb],
      [cr, halfCr],
    ] as const) {
      halve(whole, small)
      extendColumns(small)
      quantizePlane(small, table, block)
      double(small, whole)
    }
    fromPlanes(y, cb, cr, bytes, address)
  }
}
