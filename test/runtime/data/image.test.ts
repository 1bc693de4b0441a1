import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodeImage } from '../../../runtime/data/decode-image.ts'
import { grayToRgb, type Image, resize } from '../../../runtime/data/image.ts'
import { ArccError } from '../../../runtime/errors.ts'

const text = (s: string) => new TextEncoder().encode(s)
const join = (...parts: (Uint8Array | number[])[]) => new Uint8Array(parts.flatMap((part) => [...part]))
const ramp: Image = { width: 5, height: 3, data: Uint8Array.from({ length: 45 }, (_, i) => (i * 37) % 256) }
const encoder = (image: Image) => sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })

describe('netpbm', () => {
  const gray = { width: 3, height: 2, data: grayToRgb(Uint8Array.of(0, 1, 2, 253, 254, 255), 3, 2).data }
  test.each([
    ['P2', text('P2\n# a comment\n3 2\n255\n0 1 2\n253 254 255\n'), gray],
    ['P5', join(text('P5 3 2 255\n'), [0, 1, 2, 253, 254, 255]), gray],
    ['P5, comment before the size', join(text('P5#x\n3 # wide\n2 255\n'), [0, 1, 2, 253, 254, 255]), gray],
    ['P3', text('P3 1 2 255 1 2 3 4 5 6'), { width: 1, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }],
    [
      'P6',
      join(text('P6 1 2 255\n'), [1, 2, 3, 4, 5, 6]),
      { width: 1, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    ],
    ['P1', text('P1\n3 1\n# ink is 1\n101'), grayToRgb(Uint8Array.of(0, 255, 0), 3, 1)],
    ['P4', join(text('P4 3 2\n'), [0xa0, 0x40]), grayToRgb(Uint8Array.of(0, 255, 0, 255, 0, 255), 3, 2)],
    [
      '16 bits',
      join(text('P6 1 1 65535\n'), [0, 0, 128, 0, 255, 255]),
      { width: 1, height: 1, data: Uint8Array.of(0, 128, 255) },
    ],
    [
      'highest value 15',
      text('P2 2 1 15 15 5'),
      { width: 2, height: 1, data: Uint8Array.of(255, 255, 255, 85, 85, 85) },
    ],
  ])('%s', async (_, bytes, expected) => {
    expect(await decodeImage(bytes, 'x')).toEqual(expected)
  })
})

describe('by sharp', () => {
  test.each([
    ['png', async () => encoder(ramp).png().toBuffer(), ramp],
    ['webp without loss', async () => encoder(ramp).webp({ lossless: true }).toBuffer(), ramp],
    ['png with transparency', async () => encoder(ramp).ensureAlpha(0.5).png().toBuffer(), ramp],
    [
      'gray png',
      async () =>
        sharp(Uint8Array.of(9, 200), { raw: { width: 2, height: 1, channels: 1 } })
          .toColorspace('b-w')
          .png()
          .toBuffer(),
      { width: 2, height: 1, data: Uint8Array.of(9, 9, 9, 200, 200, 200) },
    ],
  ])('%s', async (_, encode, expected) => {
    expect(await decodeImage(await encode(), 'x')).toEqual(expected)
  })

  test('jpeg, color and gray', async () => {
    const flat = { width: 16, height: 8, data: new Uint8Array(16 * 8 * 3).fill(120) }
    const color = await decodeImage(await encoder(flat).jpeg({ quality: 95 }).toBuffer(), 'x')
    const gray = await decodeImage(await encoder(flat).grayscale().jpeg({ quality: 95 }).toBuffer(), 'x')
    for (const image of [color, gray]) {
      expect(image).toMatchObject({ width: 16, height: 8 })
      expect(Math.max(...image.data.map((value) => Math.abs(value - 120)))).toBeLessThanOrEqual(1)
    }
  })
})

describe('errors name the file and say what is wrong', () => {
  const jpeg = async () => {
    const noise = {
      width: 64,
      height: 64,
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 256),
    }
    return encoder(noise).jpeg().toBuffer()
  }
  test.each([
    ['empty', async () => new Uint8Array(0), 'ARC6233', 'empty'],
    ['text', async () => text('hello, world'), 'ARC6233', 'text, not a picture'],
    ['unknown', async () => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 'ARC6204', '01 02 03 04 05 06 07 08'],
    ['gif start alone', async () => text('GIF89a....'), 'ARC6205', ''],
    ['cut P5', async () => join(text('P5 3 2 255\n'), [1, 2]), 'ARC6205', 'it has 2 of 6 bytes'],
    ['P5 header alone', async () => text('P5 3'), 'ARC6205', 'it ends before its height'],
    ['bad number', async () => text('P5 3 x 255\n'), 'ARC6205', 'its height is not a number'],
    ['huge size', async () => text('P5 99999 99999 255\n'), 'ARC6205', 'its size is 99999x99999'],
    ['value too high', async () => text('P2 2 1 3 1 4'), 'ARC6205', 'value 2 is 4, above the highest value 3'],
    ['cut P2', async () => text('P2 3 2 255 0 1 2   '), 'ARC6205', 'it ends before its value 4 of 6'],
    ['cut jpeg', async () => (await jpeg()).subarray(0, 1200), 'ARC6205', ''],
    ['cut png', async () => (await encoder(ramp).png().toBuffer()).subarray(0, 60), 'ARC6205', ''],
    ['jpeg start alone', async () => Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'ARC6205', ''],
  ])('%s', async (_, make, code, says) => {
    const error = await decodeImage(await make(), 'people/ann/3.jpg').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ArccError)
    if (!(error instanceof ArccError)) return
    expect(error.code).toBe(code)
    expect(error.params.file).toBe('people/ann/3.jpg')
    expect(error.params.starts ?? error.params.reason ?? error.params.what).toContain(says)
    expect(error.message).not.toContain('\n')
  })
})

describe('resize', () => {
  test('keeps a picture of the right size as it is', () => expect(resize(ramp, 5, 3)).toBe(ramp))

  test('enlarges by linear interpolation between pixel centers', () => {
    const two = grayToRgb(Uint8Array.of(0, 100), 2, 1)
    expect([...resize(two, 4, 1).data].filter((_, i) => i % 3 === 0)).toEqual([0, 25, 75, 100])
  })

  test('halves with the widened triangle, every pixel counted', () => {
    const four = grayToRgb(Uint8Array.of(0, 0, 80, 80), 4, 1)
    // Weights 3/7, 3/7, 1/7 at the edges.
    expect([...resize(four, 2, 1).data].filter((_, i) => i % 3 === 0)).toEqual([11, 69])
  })

  test('a flat picture stays flat at any size', () => {
    const flat = { width: 92, height: 112, data: new Uint8Array(92 * 112 * 3).fill(77) }
    for (const [w, h] of [
      [112, 112],
      [31, 200],
      [1, 1],
    ] as const) {
      expect(new Set(resize(flat, w, h).data)).toEqual(new Set([77]))
    }
  })
})
