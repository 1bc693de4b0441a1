import { describe, expect, test } from 'vitest'
import { decodeImage } from '../../../runtime/data/decode-image.ts'
import { anError } from '../../helpers/facts.ts'

const u16 = (value: number) => [value & 255, (value >> 8) & 255]
const u32 = (value: number) => [...u16(value), ...u16(value >> 16)]

interface Parts {
  readonly width?: number
  readonly height?: number
  readonly bits: number
  readonly compression?: number
  readonly headerBytes?: number
  readonly masks?: readonly number[]
  readonly palette?: readonly (readonly [number, number, number])[]
  readonly colors?: number
  readonly pixels: readonly number[]
}

/** A BMP file with Windows' header, or OS/2's of 12 bytes. Palette colors are given as red, green, blue. */
function bmp({ width = 2, height = 2, bits, compression = 0, headerBytes = 40, ...parts }: Parts): Uint8Array {
  const { masks = [], palette = [], pixels } = parts
  const core = headerBytes === 12
  const sizes = core ? [...u16(width), ...u16(height)] : [...u32(width), ...u32(height)]
  const rest = core ? [] : [...u32(compression), ...u32(0), ...u32(0), ...u32(0), ...u32(parts.colors ?? 0), ...u32(0)]
  const header = [...u32(headerBytes), ...sizes, ...u16(1), ...u16(bits), ...rest]
  const inside = masks.flatMap(u32)
  while (header.length + inside.length < headerBytes) inside.push(0)
  const colors = palette.flatMap(([r, g, b]) => (core ? [b, g, r] : [b, g, r, 0]))
  const before = [...header, ...inside, ...colors]
  const start = 14 + before.length
  return Uint8Array.from([0x42, 0x4d, ...u32(start + pixels.length), ...u32(0), ...u32(start), ...before, ...pixels])
}

const [red, green, blue, white, black] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
  [0, 0, 0],
] as const
/** Red and green above, blue and white below. */
const four = [...red, ...green, ...blue, ...white]
const palette = [red, green, blue, white]
const five = (r: number, g: number, b: number) => u16((r << 10) | (g << 5) | b)

describe('every depth', () => {
  const above24 = [0, 0, 255, 0, 255, 0, 0, 0]
  const below24 = [255, 0, 0, 255, 255, 255, 0, 0]
  test.each<[string, Parts]>([
    ['1 bit', { bits: 1, palette: [red, blue], pixels: [0x40, 0, 0, 0, 0x80, 0, 0, 0] }],
    ['2 bits', { bits: 2, palette, pixels: [0xb0, 0, 0, 0, 0x10, 0, 0, 0] }],
    ['4 bits', { bits: 4, palette, pixels: [0x23, 0, 0, 0, 0x01, 0, 0, 0] }],
    ['8 bits', { bits: 8, palette, pixels: [2, 3, 0, 0, 0, 1, 0, 0] }],
    ['8 bits, few colors declared', { bits: 8, colors: 4, palette, pixels: [2, 3, 0, 0, 0, 1, 0, 0] }],
    ['16 bits', { bits: 16, pixels: [...five(0, 0, 31), ...five(31, 31, 31), ...five(31, 0, 0), ...five(0, 31, 0)] }],
    [
      '16 bits, 5-6-5',
      {
        bits: 16,
        compression: 3,
        masks: [0xf800, 0x7e0, 0x1f],
        pixels: [...u16(0x1f), ...u16(0xffff), ...u16(0xf800), ...u16(0x7e0)],
      },
    ],
    ['24 bits', { bits: 24, pixels: [...below24, ...above24] }],
    ['24 bits, from the top', { bits: 24, height: -2, pixels: [...above24, ...below24] }],
    ['24 bits, last padding missing', { bits: 24, pixels: [...below24, ...above24.slice(0, 6)] }],
    ['24 bits, OS/2', { bits: 24, headerBytes: 12, pixels: [...below24, ...above24] }],
    [
      '8 bits, OS/2',
      {
        bits: 8,
        headerBytes: 12,
        palette: [...palette, ...Array<typeof black>(252).fill(black)],
        pixels: [2, 3, 0, 0, 0, 1, 0, 0],
      },
    ],
    ['24 bits, OS/2 2.0', { bits: 24, headerBytes: 64, pixels: [...below24, ...above24] }],
    ['24 bits, version 5', { bits: 24, headerBytes: 124, pixels: [...below24, ...above24] }],
    [
      '32 bits, the fourth byte ignored',
      { bits: 32, pixels: [255, 0, 0, 0, 255, 255, 255, 9, 0, 0, 255, 0, 0, 255, 0, 255] },
    ],
    [
      '32 bits with masks, version 4',
      {
        bits: 32,
        compression: 3,
        headerBytes: 108,
        masks: [0xff, 0xff00, 0xff0000, 0xff000000],
        pixels: [0, 0, 255, 0, 255, 255, 255, 0, 255, 0, 0, 0, 0, 255, 0, 0],
      },
    ],
    [
      '32 bits with masks of 10 bits',
      {
        bits: 32,
        compression: 3,
        masks: [0x3ff00000, 0xffc00, 0x3ff],
        pixels: [...u32(0x3ff), ...u32(0x3fffffff), ...u32(0x3ff00000), ...u32(0xffc00)],
      },
    ],
    ['RLE8', { bits: 8, compression: 1, palette, pixels: [1, 2, 1, 3, 0, 0, 1, 0, 1, 1, 0, 1] }],
    [
      'RLE8 with literal pixels and a jump',
      { bits: 8, compression: 1, palette, pixels: [1, 2, 1, 3, 0, 2, 0, 0, 0, 0, 1, 0, 1, 1] },
    ],
    ['RLE4', { bits: 4, compression: 2, palette, pixels: [2, 0x23, 0, 0, 2, 0x01, 0, 1] }],
    [
      'RLE8, a literal run',
      { bits: 8, width: 4, height: 1, compression: 1, palette, pixels: [0, 4, 0, 1, 2, 3, 0, 1] },
    ],
  ])('%s', async (name, parts) => {
    const image = await decodeImage(bmp(parts), 'x.bmp')
    const wanted = name === '1 bit' ? [...blue, ...red, ...red, ...blue] : four
    expect([...image.data]).toEqual(name.endsWith('a literal run') ? [...four] : wanted)
    expect([image.width, image.height]).toEqual([parts.width ?? 2, Math.abs(parts.height ?? 2)])
  })
})

describe('damage is named', () => {
  test.each<[string, Uint8Array, string]>([
    ['header cut', Uint8Array.from([0x42, 0x4d, 1, 2, 3]), 'it ends inside its header'],
    ['pixels cut', bmp({ bits: 24, pixels: [1, 2, 3, 4, 5] }), 'it has 5 of 14 bytes'],
    ['run lengths cut', bmp({ bits: 8, compression: 1, pixels: [1, 2] }), 'its pixel data ends in row 1 of 2'],
    ['no size', bmp({ bits: 24, width: 0, pixels: [] }), 'its size is 0x2'],
    ['far too large', bmp({ bits: 1, width: 65535, height: 65535, pixels: [] }), 'its size is 65535x65535'],
    ['odd depth', bmp({ bits: 7, pixels: [1] }), 'it has 7 bits per pixel'],
  ])('%s', async (_, bytes, reason) => {
    await expect(decodeImage(bytes, 'x.bmp')).rejects.toThrow(
      anError('ARC6205', { file: 'x.bmp', reason: expect.stringContaining(reason) }),
    )
  })

  test('an embedded JPEG is named', async () => {
    await expect(decodeImage(bmp({ bits: 24, compression: 4, pixels: [1] }), 'x.bmp')).rejects.toThrow(
      anError('ARC6233'),
    )
  })
})
