/** libturbojpeg beside sharp: the same pixels for what it takes, and nothing that it takes for what sharp would refuse. */
import { describe, expect, test } from 'vitest'
import { decodeImage } from '../../../runtime/data/decode-image.ts'
import type { Image } from '../../../runtime/data/image.ts'
import { plainJpeg } from '../../../runtime/data/jpeg-scan.ts'
import { findTurboJpeg, type TurboDecoder } from '../../../runtime/data/turbo-jpeg.ts'
import { jpegSamples } from '../../../runtime/data/turbo-samples.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { openLibrary } from '../../../runtime/native-library.ts'
import { encodeImage, encodeJpeg, patternImage } from '../../helpers/encoded-images.ts'
import { seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'

const found = findTurboJpeg()
const missing = found.found ? '' : ` (skipped: ${found.reason})`
const count = Number(process.env.ARCC_FUZZ ?? 400)

function decode(turbo: TurboDecoder, bytes: Uint8Array): Image | undefined {
  const size = plainJpeg(bytes)
  return size && turbo.decode(bytes, size)
}

/** Encodes with libturbojpeg itself, which writes more kinds than sharp. */
function encodeWith(
  library: string,
  image: Image,
  sampling: number,
  settings: Record<string, string> = {},
): Uint8Array {
  const native = openLibrary(library)
  const handle: unknown = native.func('void* tjInitCompress()')()
  const most = Number(native.func('unsigned long tjBufSize(int, int, int)')(image.width, image.height, sampling))
  const compress = native.func(
    'int tjCompress2(void*, const uint8_t*, int, int, int, int, _Inout_ uint8_t**, _Inout_ unsigned long*, int, int, int)',
  )
  const out = new Uint8Array(most)
  const size = [most]
  for (const [name, value] of Object.entries(settings)) process.env[name] = value
  try {
    const noRealloc = 1024
    const status = compress(handle, image.data, image.width, 0, image.height, 0, [out], size, sampling, 92, noRealloc)
    expect(status).toBe(0)
    return out.slice(0, size[0])
  } finally {
    for (const name of Object.keys(settings)) delete process.env[name]
    native.func('int tjDestroy(void*)')(handle)
  }
}

/** `TJSAMP_…` */
const samplings = { '4:4:4': 0, '4:2:2': 1, '4:2:0': 2, gray: 3 }
const sizes = [
  [112, 112],
  [113, 97],
  [1, 1],
  [8, 17],
  [33, 2],
] as const

const join = (...parts: (Uint8Array | readonly number[])[]) => new Uint8Array(parts.flatMap((part) => [...part]))

describe('what libturbojpeg may decode', () => {
  const whole = () => encodeJpeg(patternImage(40, 30, 1))
  test.each([
    ['4:2:0', {}],
    ['4:4:4', { chromaSubsampling: '4:4:4' }],
    ['progressive', { progressive: true }],
  ])('%s', async (_, options) => {
    expect(plainJpeg(await encodeJpeg(patternImage(40, 30, 1), { quality: 90, ...options }))).toEqual({
      width: 40,
      height: 30,
    })
  })

  test('not: other orientations, profiles, CMYK, cut files, other formats', async () => {
    const turned = await encodeImage(patternImage(40, 30, 1), (image) => image.jpeg().withMetadata({ orientation: 6 }))
    const upright = await encodeImage(patternImage(40, 30, 1), (image) =>
      image.jpeg().withExif({ IFD0: { Make: 'x' } }),
    )
    const profile = await encodeImage(patternImage(40, 30, 1), (image) => image.jpeg().withIccProfile('p3'))
    const cmyk = await encodeImage(patternImage(40, 30, 1), (image) => image.toColorspace('cmyk').jpeg())
    const png = await encodeImage(patternImage(40, 30, 1), (image) => image.png())
    expect([turned, profile, cmyk, png].map(plainJpeg)).toEqual([undefined, undefined, undefined, undefined])
    expect(plainJpeg(upright)).toEqual({ width: 40, height: 30 })
    const bytes = await whole()
    for (let length = 0; length < 600; length += 7)
      expect(plainJpeg(bytes.subarray(0, Math.min(length, 300)))).toBeUndefined()
    const early = await encodeJpeg(patternImage(40, 30, 1), { quality: 90, progressive: true })
    for (let length = 0; length < early.length - 2; length += 11)
      expect(plainJpeg(early.subarray(0, length))).toBeUndefined()
  })

  test('mutated files are read without an error', async () => {
    const random = seededRandom(3)
    const sources = [await whole(), await encodeJpeg(patternImage(40, 30, 2), { quality: 90, progressive: true })]
    for (let i = 0; i < 20 * count; i++) {
      const size = plainJpeg(mutateBytes(sources[i % 2] ?? new Uint8Array(0), random))
      expect(size === undefined || size.width * size.height > 0).toBe(true)
    }
  })
})

describe.skipIf(!found.found)(`libturbojpeg${missing}`, () => {
  const open = () => (found.found ? found.open() : expect.unreachable())

  test.each(Object.keys(samplings) as (keyof typeof samplings)[])('%s: the pixels of sharp', async (name) => {
    const turbo = open()
    for (const [width, height] of sizes)
      for (const settings of [{}, { TJ_RESTART: '1' }, { TJ_PROGRESSIVE: '1' }, { TJ_OPTIMIZE: '1' }]) {
        const jpeg = encodeWith(turbo.library, patternImage(width, height, width), samplings[name], settings)
        const image = decode(turbo, jpeg)
        expect(image, `${width}x${height} ${JSON.stringify(settings)}`).toBeDefined()
        expect(image).toEqual(await decodeImage(jpeg, 'x'))
      }
    turbo.close()
  })

  test('writes into the memory of a batch if the size fits, and only then', async () => {
    const turbo = open()
    const jpeg = await encodeJpeg(patternImage(20, 24, 1))
    const out = new Uint8Array(new SharedArrayBuffer(3 * 20 * 24 * 3)).subarray(20 * 24 * 3, 2 * 20 * 24 * 3)
    expect(turbo.decode(jpeg, { width: 20, height: 24 }, out)?.data).toBe(out)
    expect(new Uint8Array(out)).toEqual((await decodeImage(jpeg, 'x')).data)
    expect(turbo.decode(jpeg, { width: 20, height: 24 }, new Uint8Array(9))?.data).toHaveLength(20 * 24 * 3)
    expect(turbo.decode(jpeg, { width: 200, height: 24 })).toBeUndefined()
    turbo.close()
    expect(turbo.decode(jpeg, { width: 20, height: 24 })).toBeUndefined()
  })

  test('damage and what every viewer shows are left to sharp; bytes after the end are shown by both', async () => {
    const turbo = open()
    const jpeg = await encodeJpeg(patternImage(64, 64, 1))
    expect(decode(turbo, jpeg.subarray(0, -2))).toBeUndefined()
    expect(decode(turbo, jpeg.subarray(0, jpeg.length / 2))).toBeUndefined()
    for (const tail of [[], [0, 1, 2, 0xff, 0xd8, 9], [0xff, 0xd9], Array.from({ length: 300 }, () => 0)]) {
      const longer = join(jpeg, tail)
      expect(decode(turbo, longer)).toEqual(await decodeImage(longer, 'x'))
    }
    for (const stray of [3, 40]) {
      const bytes = join(
        jpeg.subarray(0, -2),
        Array.from({ length: stray }, (_, i) => i),
        jpeg.subarray(-2),
      )
      expect([undefined, await decodeImage(bytes, 'x')]).toContainEqual(decode(turbo, bytes))
    }
    turbo.close()
  })

  test('mutated files: the same pixels or the same judgement, never a crash', async () => {
    const turbo = open()
    const random = seededRandom(11)
    const sources = [
      await encodeJpeg(patternImage(40, 30, 1)),
      encodeWith(turbo.library, patternImage(31, 33, 2), samplings['4:2:2'], { TJ_RESTART: '1' }),
      await encodeJpeg(patternImage(40, 30, 3), { quality: 90, progressive: true }),
      encodeWith(turbo.library, patternImage(24, 24, 4), samplings.gray),
      await encodeImage(patternImage(20, 20, 5), (image) => image.png()),
    ]
    let taken = 0
    for (let i = 0; i < count; i++) {
      const bytes = mutateBytes(sources[i % sources.length] ?? new Uint8Array(0), random)
      const image = decode(turbo, bytes)
      const judged = await decodeImage(bytes, 'x').catch((error: unknown) => error)
      if (image === undefined) {
        if (judged instanceof Error) expect(judged).toBeInstanceOf(ArccError)
        continue
      }
      taken++
      expect(judged).toEqual(image)
    }
    expect(taken).toBeGreaterThan(0)
    turbo.close()
  })
})

describe('which library is used', () => {
  test('none if it is off; an error if one is named that cannot be used', () => {
    expect(findTurboJpeg('off')).toMatchObject({ found: false })
    expect(() => findTurboJpeg('/nowhere/libturbojpeg.so')).toThrow(expect.objectContaining({ code: 'ARC6262' }))
  })

  test('the samples are pictures that it may decode', () => {
    for (const { jpeg } of jpegSamples)
      expect(plainJpeg(Buffer.from(jpeg.join(''), 'base64'))).toEqual({ width: 21, height: 19 })
  })
})
