/** Quantization of 8×8 blocks, as in ITU-T T.81 and libjpeg. */
import { forwardDct, inverseDct } from './dct.ts'

/** Tables K.1 and K.2 of T.81, row by row. */
const lumaBase = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
]
const chromaBase = [
  17,
  18,
  24,
  47,
  99,
  99,
  99,
  99,
  18,
  21,
  26,
  66,
  99,
  99,
  99,
  99,
  24,
  26,
  56,
  99,
  99,
  99,
  99,
  99,
  47,
  66,
  99,
  99,
  99,
  99,
  99,
  99,
  ...Array.from({ length: 32 }, () => 99),
]

/** Sets the table of a quality, 1 … 100, as libjpeg's `jpeg_set_quality`. */
export function setTable(table: Int32Array, kind: 'luma' | 'chroma', quality: number): void {
  const base = kind === 'luma' ? lumaBase : chromaBase
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality
  for (let i = 0; i < 64; i++) table[i] = Math.min(255, Math.max(1, Math.floor(((base[i] ?? 0) * percent + 50) / 100)))
}

/** One channel, u8[height, stride], of which `width` columns count. */
export interface Plane {
  readonly levels: Uint8Array
  readonly stride: number
  readonly height: number
  readonly width: number
}

/**
 * Transforms, quantizes and restores every block of a plane in place. The plane's rows and columns reach to the end of the last block,
 * and repeat the last level of the image there, as libjpeg fills them.
 */
export function quantizePlane({ levels, stride, height, width }: Plane, table: Int32Array, block: Int32Array): void {
  for (let top = 0; top < height; top += 8)
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++) block[i] = (levels[(top + (i >> 3)) * stride + left + (i & 7)] ?? 0) - 128
      forwardDct(block)
      for (let i = 0; i < 64; i++) {
        const step = table[i] ?? 1
        const value = block[i] ?? 0
        // Coefficients are times 8; halves are rounded away from 0.
        const count = Math.floor((Math.abs(value) + 4 * step) / (8 * step))
        block[i] = (value < 0 ? -count : count) * step
      }
      inverseDct(block)
      for (let i = 0; i < 64; i++) {
        const level = (block[i] ?? 0) + 128
        levels[(top + (i >> 3)) * stride + left + (i & 7)] = Math.min(255, Math.max(0, level))
      }
    }
}
