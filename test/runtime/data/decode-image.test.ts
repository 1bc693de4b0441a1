import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodeImage } from '../../../runtime/data/decode-image.ts'
import type { Image } from '../../../runtime/data/image.ts'
import { isPictureName } from '../../../runtime/data/picture-name.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { anError } from '../../helpers/facts.ts'
import { fuzzCount, seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'

type Bytes = Uint8Array | readonly number[]
const join = (...parts: Bytes[]) => Buffer.concat(parts.map((part) => Uint8Array.from(part)))
const latin1 = (text: string) => Buffer.from(text, 'latin1')
const EOI = [0xff, 0xd9]

/** Waves of three frequencies with some noise. */
function waves(width: number, height: number): Image {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    return 128 + 90 * Math.sin((x + 2 * y) / (5 + (i % 3))) + ((i * i * 31) % 23)
  })
  return { width, height, data }
}
const scene = waves(64, 48)
const encoder = ({ data, width, height }: Image) => sharp(data, { raw: { width, height, channels: 3 } })

/** The largest and the mean difference of two images' levels. */
function difference(a: Image, b: Image): { most: number; mean: number } {
  expect([a.width, a.height]).toEqual([b.width, b.height])
  const apart = a.data.map((level, i) => Math.abs(level - (b.data[i] ?? 0)))
  return { most: Math.max(...apart), mean: apart.reduce((sum, value) => sum + value, 0) / apart.length }
}

describe('kinds of pictures', () => {
  const deep = (...levels: number[]) =>
    sharp(Uint16Array.from(levels), {
      raw: { width: 2, height: 1, channels: levels.length === 2 ? 1 : 3, depth: 'ushort' },
    } as never)
  const translucent = () => encoder(scene).ensureAlpha(0)
  test.each<[string, () => Promise<Uint8Array>, Image | number]>([
    [
      'gif',
      () =>
        encoder({ ...scene, data: scene.data.map((v) => (v > 127 ? 255 : 0)) })
          .gif()
          .toBuffer(),
      128,
    ],
    ['tiff, plain', () => encoder(scene).tiff({ compression: 'none' }).toBuffer(), scene],
    ['tiff, LZW', () => encoder(scene).tiff({ compression: 'lzw' }).toBuffer(), scene],
    ['tiff, deflate, tiled', () => encoder(scene).tiff({ compression: 'deflate', tile: true }).toBuffer(), scene],
    ['tiff, JPEG', () => encoder(scene).tiff({ compression: 'jpeg', quality: 95 }).toBuffer(), 12],
    ['avif', () => encoder(scene).avif({ quality: 90, effort: 0 }).toBuffer(), 24],
    ['avif without loss', () => encoder(scene).avif({ lossless: true, effort: 0 }).toBuffer(), 4],
    [
      'webp, transparent',
      () =>
        translucent()
          .webp({ lossless: true, exact: true } as never)
          .toBuffer(),
      scene,
    ],
    ['png, transparent', () => translucent().png().toBuffer(), scene],
    ['tiff, transparent', () => translucent().tiff({ compression: 'none' }).toBuffer(), scene],
    ['progressive jpeg', () => encoder(scene).jpeg({ progressive: true, quality: 95 }).toBuffer(), 40],
    ['cmyk jpeg', () => encoder(scene).toColorspace('cmyk').jpeg({ quality: 100 }).toBuffer(), 120],
    [
      'gray 16-bit png',
      () => deep(0, 32768).toColorspace('grey16').png().toBuffer(),
      { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 128, 128, 128) },
    ],
    [
      'color 16-bit png',
      () =>
        deep(0, 32768, 65535, 257 * 7, 257 * 200, 257 * 254)
          .toColorspace('rgb16')
          .png()
          .toBuffer(),
      { width: 2, height: 1, data: Uint8Array.of(0, 128, 255, 7, 200, 254) },
    ],
    [
      'color 16-bit tiff',
      () =>
        deep(0, 32768, 65535, 257 * 7, 257 * 200, 257 * 254)
          .toColorspace('rgb16')
          .tiff({ compression: 'none' })
          .toBuffer(),
      { width: 2, height: 1, data: Uint8Array.of(0, 128, 255, 7, 200, 254) },
    ],
    [
      'gray with alpha',
      () =>
        sharp(Uint8Array.of(9, 0, 200, 128), { raw: { width: 2, height: 1, channels: 2 } })
          .png()
          .toBuffer(),
      { width: 2, height: 1, data: Uint8Array.of(9, 9, 9, 200, 200, 200) },
    ],
  ])('%s', async (_, encode, expected) => {
    const image = await decodeImage(await encode(), 'x')
    if (typeof expected !== 'number') expect({ ...image }).toEqual(expected)
    else expect(difference(image, scene).most).toBeLessThanOrEqual(expected)
  })

  test('a palette with transparent colors', async () => {
    const bytes = pngOf(
      8,
      3,
      2,
      1,
      [0, 0, 1],
      [
        ['PLTE', [10, 20, 30, 40, 50, 60]],
        ['tRNS', [0, 255]],
      ],
    )
    expect([...(await decodeImage(bytes, 'x')).data]).toEqual([10, 20, 30, 40, 50, 60])
  })

  test('of several frames the first counts', async () => {
    const frames = [scene, { ...scene, data: scene.data.map((level) => 255 - level) }].map((image) =>
      encoder(image).png().toBuffer(),
    )
    const webp = await sharp(await Promise.all(frames), { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer()
    expect({ ...(await decodeImage(webp, 'x')) }).toEqual(scene)
  })
})

/** A PNG of one row per `width` samples, from its chunks. */
function pngOf(
  bits: number,
  color: number,
  width: number,
  height: number,
  rows: Bytes,
  chunks: [string, Bytes][],
): Buffer {
  const chunk = (type: string, data: Bytes) => {
    const content = join(latin1(type), data)
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(content))
    return join(length, content, sum)
  }
  const header = [0, 0, 0, width, 0, 0, 0, height, bits, color, 0, 0, 0]
  const all: [string, Bytes][] = [
    ['IHDR', header],
    ...chunks,
    ['IDAT', deflateSync(Uint8Array.from(rows))],
    ['IEND', []],
  ]
  return join(latin1('\x89PNG\r\n\x1a\n'), ...all.map(([type, data]) => chunk(type, data)))
}

describe('orientation', () => {
  // Where the pixel (x, y) of the upright picture lies in the file: the table of Exif 2.3, section 4.6.4, for a file of w × h.
  const [w, h] = [scene.width - 1, scene.height - 1]
  const places: Readonly<Record<number, (x: number, y: number) => readonly [number, number]>> = {
    1: (x, y) => [x, y],
    2: (x, y) => [w - x, y],
    3: (x, y) => [w - x, h - y],
    4: (x, y) => [x, h - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, h - x],
    7: (x, y) => [w - y, h - x],
    8: (x, y) => [w - y, x],
  }
  test.each(Object.entries(places))('%s', async (orientation, place) => {
    const tagged = await encoder(scene)
      .withMetadata({ orientation: Number(orientation) })
      .png()
      .toBuffer()
    const { width, height, data } = await decodeImage(tagged, 'x')
    const turned = Number(orientation) > 4
    expect([width, height]).toEqual(turned ? [scene.height, scene.width] : [scene.width, scene.height])
    const expected = Array.from({ length: width * height }, (_, i) => {
      const [x, y] = place(i % width, Math.floor(i / width))
      return [...scene.data.subarray(3 * (y * scene.width + x)).subarray(0, 3)]
    })
    expect(Buffer.compare(data, Uint8Array.from(expected.flat()))).toBe(0)
  })

  const field = fileURLToPath(new URL('../../../../shared/data/field/', import.meta.url))
  test.skipIf(!existsSync(field))('a JPEG from the field (skipped where it is missing)', async () => {
    const [six, none] = await Promise.all(
      ['exif6', 'exif_none'].map((name) => decodeImage(readFileSync(`${field}${name}.jpg`), name)),
    )
    if (six === undefined || none === undefined) throw new Error('not read')
    const { data } = await encoder(none).rotate(90).raw().toBuffer({ resolveWithObject: true })
    expect(difference(six, { ...six, data }).mean).toBeLessThan(1)
  })
})

describe.each([false, true])('jpeg, progressive: %s', (progressive) => {
  const whole = encoder(scene).jpeg({ progressive }).toBuffer()
  const at = (bytes: Buffer, marker: number) => bytes.indexOf(Buffer.from([0xff, marker]))
  const putBefore = (bytes: Buffer, marker: number, stray: Bytes) =>
    join(bytes.subarray(0, at(bytes, marker)), stray, bytes.subarray(at(bytes, marker)))
  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['no end marker', (b) => b.subarray(0, -2)],
    ['half an end marker', (b) => b.subarray(0, -1)],
    ['bytes after the end', (b) => join(b, [1, 2, 3, 0xff, 0])],
    ['a second picture after the end', (b) => join(b, b)],
    ['stray bytes before the end', (b) => join(b.subarray(0, -2), [1, 2, 3], EOI)],
    ['stray bytes at the start', (b) => join(b.subarray(0, 2), [7], b.subarray(2))],
    ['stray bytes before the tables', (b) => putBefore(b, 0xdb, [1, 2, 3])],
    ['stray bytes before the pixels', (b) => putBefore(b, 0xda, [1, 2, 3])],
    ['fill bytes', (b) => putBefore(b, 0xdb, [0xff, 0xff])],
    ['stray bytes and no end marker', (b) => putBefore(b.subarray(0, -2) as Buffer, 0xdb, [1, 2])],
  ])('%s is no damage', async (_, change) => {
    expect(await decodeImage(change(await whole), 'x')).toEqual(await decodeImage(await whole, 'x'))
  })

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['three bytes short', (b) => b.subarray(0, -3)],
    ['three bytes short, with an end marker', (b) => join(b.subarray(0, -3), EOI)],
    ['half', (b) => b.subarray(0, b.length / 2)],
    ['half, with an end marker', (b) => join(b.subarray(0, b.length / 2), EOI)],
    ['zeros instead of the end', (b) => join(b.subarray(0, b.length / 2), new Uint8Array(b.length / 2))],
    ['only tables', (b) => b.subarray(0, at(b, 0xda))],
    ['no last scan', (b) => b.subarray(0, b.lastIndexOf(Buffer.from([0xff, 0xda])))],
    ['pixels of another picture', (b) => join(b.subarray(0, at(b, 0xda) + 30), [0xff, 0xd8], b)],
  ])('%s is damage', async (_, change) => {
    await expect(decodeImage(change(await whole), 'ann/1.jpg')).rejects.toThrow(
      anError('ARC6205', { file: 'ann/1.jpg' }),
    )
  })
})

describe('others are named', () => {
  const tiff = (...entries: [tag: number, value: number][]) =>
    join(
      ...[latin1('II*\0'), [8, 0, 0, 0], [entries.length, 0]],
      ...entries.map(([tag, value]) => [tag & 255, tag >> 8, 3, 0, 1, 0, 0, 0, value, 0, 0, 0]),
    )
  test.each<[string, Bytes, string]>([
    ['nothing', [], 'empty'],
    ['zeros', new Uint8Array(100), 'filled with zeros'],
    ['a web page', latin1('\n<!DOCTYPE html><html>'), 'a web page'],
    ['text', latin1('404 not found'), 'text'],
    ['a pointer', latin1('version https://git-lfs.github.com/spec/v1\noid sha256:00'), 'git-lfs'],
    ['svg', latin1('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), 'SVG'],
    ['heic', latin1('\0\0\0\x18ftypheic\0\0\0\0'), 'HEIC'],
    ['psd', latin1('8BPS\0\x01'), 'Photoshop'],
    ['jpeg xl', latin1('\xff\x0a\0\0'), 'JPEG XL'],
    ['jpeg 2000', latin1('\0\0\0\x0cjP  \r\n\x87\n'), 'JPEG 2000'],
    ['cr2', latin1('II*\0\x10\0\0\0CR\x02\0'), 'raw'],
    ['dng', tiff([50706, 1]), 'raw'],
    ['nef', tiff([254, 1]), 'raw'],
    ['floating-point tiff', tiff([258, 32]), '32 bits'],
    ['half-float tiff', tiff([258, 16], [339, 3]), 'floating-point'],
    ['gzip', latin1('\x1f\x8b\x08'), 'gzip'],
    ['pdf', latin1('%PDF-1.4'), 'PDF'],
    ['lossless jpeg', [0xff, 0xd8, 0xff, 0xc3, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0], 'lossless'],
    ['12-bit jpeg', [0xff, 0xd8, 0xff, 0xc1, 0, 11, 12, 0, 1, 0, 1, 1, 1, 0x11, 0, 0], '12 bits'],
  ])('%s', async (_, bytes, says) => {
    await expect(decodeImage(Uint8Array.from(bytes), 'x.jpg')).rejects.toThrow(
      anError('ARC6233', { file: 'x.jpg', what: expect.stringContaining(says) }),
    )
  })

  test('a picture of more pixels than any face has', async () => {
    const bytes = pngOf(8, 0, 1, 1, [0, 0], [])
    bytes.writeUInt32BE(100_000, 16)
    bytes.writeUInt32BE(100_000, 20)
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
    await expect(decodeImage(bytes, 'x.png')).rejects.toThrow(
      anError('ARC6205', { reason: 'it has more than 67108864 pixels' }),
    )
  })
})

test('names of pictures', () => {
  expect(['a.JPG', 'a.jfif', 'a.Jpe', 'a.bmp', 'a.TIF', 'a.avif', 'a.gif', 'a.pbm'].every(isPictureName)).toBe(true)
  expect(['a', 'a.txt', 'a.heic', 'jpg', 'a.jpg.part'].some(isPictureName)).toBe(false)
})

test('mutated pictures never end in anything but a named error', async () => {
  const random = seededRandom(11)
  const small = waves(24, 16)
  const sources = await Promise.all([
    encoder(small).jpeg().toBuffer(),
    encoder(small).jpeg({ progressive: true }).toBuffer(),
    encoder(small).toColorspace('cmyk').jpeg().toBuffer(),
    encoder(small).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    encoder(small).png().toBuffer(),
    encoder(small).png({ palette: true }).toBuffer(),
    encoder(small).webp().toBuffer(),
    encoder(small).webp({ lossless: true }).toBuffer(),
    encoder(small).gif().toBuffer(),
    encoder(small).tiff({ compression: 'lzw' }).toBuffer(),
    encoder(small).tiff({ compression: 'jpeg' }).toBuffer(),
    encoder(small).avif({ effort: 0 }).toBuffer(),
    join(latin1('P5 3 2 255\n'), [0, 1, 2, 253, 254, 255]),
    join(latin1('P4 3 2\n'), [0xa0, 0x40]),
    latin1('P3 1 2 255 1 2 3 4 5 6'),
    join(
      latin1('BM'),
      [70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0],
      new Uint8Array(40),
    ),
    join(
      latin1('BM'),
      [70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 8, 0, 1],
      new Uint8Array(23),
      [1, 2, 1, 3, 0, 0, 1, 0, 1, 1, 0, 1],
    ),
  ])
  const seen = new Map<string, number>()
  const count = fuzzCount(400)
  for (let i = 0; i < count; i++) {
    const bytes = mutateBytes(sources[i % sources.length] ?? Buffer.alloc(0), random)
    const outcome = await decodeImage(bytes, 'x').then(
      ({ width, height, data }) => (data.length === width * height * 3 ? 'read' : 'a wrong length'),
      (error: unknown) => (error instanceof ArccError ? error.code : String(error)),
    )
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  }
  expect([...seen.keys()].filter((outcome) => !['read', 'ARC6204', 'ARC6205', 'ARC6233'].includes(outcome))).toEqual([])
  expect(seen.size).toBeGreaterThan(2)
}, 600_000)
