/** JPEG artifacts, against libjpeg: sharp encodes and decodes. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { forwardDct, inverseDct } from '../../../../runtime/data/augment/dct.ts'
import { createJpeg } from '../../../../runtime/data/augment/jpeg.ts'
import { createStream } from '../../../../runtime/random.ts'
import { applied, picture, scripted, sizes } from './pixels.ts'

describe.each([...sizes, { height: 8, width: 8, channels: 3 }, { height: 33, width: 2, channels: 3 }])(
  '$height × $width × $channels',
  (size) => {
    test.each([1, 5, 30, 49, 50, 75, 90, 95, 100])(
      'quality %i is what libjpeg makes of it, bit for bit',
      async (quality) => {
        const { height, width, channels } = size
        const pixels = picture(size, quality)
        const raw = { height, width, channels: channels === 1 ? 1 : 3 } as const
        const space = channels === 1 ? 'b-w' : 'srgb'
        const encoded = await sharp(pixels, { raw })
          .toColorspace(space)
          .jpeg({ quality, chromaSubsampling: '4:2:0' })
          .toBuffer()
        const wanted = await sharp(encoded).toColorspace(space).raw().toBuffer()
        const op = { op: 'jpeg', probability: 1, quality: [quality, quality] } as const
        const got = applied((canvas) => createJpeg(op, canvas), size, pixels, scripted([0.5]))
        expect(Buffer.compare(Buffer.from(got), wanted)).toBe(0)
      },
    )
  },
)

test('draws every quality of the range', () => {
  const size = { height: 16, width: 16, channels: 3 }
  const pixels = picture(size)
  const seen = [0, 0.4, 0.9].map((at) =>
    applied(
      (c) => createJpeg({ op: 'jpeg', probability: 1, quality: [30, 32] }, c),
      size,
      pixels,
      scripted([at]),
    ).join(),
  )
  expect(new Set(seen).size).toBe(3)
})

test('the transform is the DCT of T.81, times 8, and its inverse', () => {
  const draw = createStream({ a: 2, b: 2 })
  const levels = Array.from({ length: 64 }, () => draw.integer(256) - 128)
  const block = Int32Array.from(levels)
  forwardDct(block)
  const scale = (k: number) => (k === 0 ? Math.SQRT1_2 : 1)
  for (let v = 0; v < 8; v++)
    for (let u = 0; u < 8; u++) {
      let sum = 0
      for (let y = 0; y < 8; y++)
        for (let x = 0; x < 8; x++)
          sum +=
            (levels[8 * y + x] ?? 0) *
            Math.cos(((2 * x + 1) * u * Math.PI) / 16) *
            Math.cos(((2 * y + 1) * v * Math.PI) / 16)
      expect(Math.abs((block[8 * v + u] ?? 0) - 2 * scale(u) * scale(v) * sum)).toBeLessThan(2)
    }
  for (let i = 0; i < 64; i++) block[i] = Math.round((block[i] ?? 0) / 8)
  inverseDct(block)
  for (const [i, level] of levels.entries()) expect(Math.abs((block[i] ?? 0) - level)).toBeLessThanOrEqual(2)
})
