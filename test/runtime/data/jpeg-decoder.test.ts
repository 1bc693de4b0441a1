/** Decoders of JPEG beside sharp: the same pixels for what they take, and they take nothing that sharp would refuse. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { decodeImage } from '../../../runtime/data/decode-image.ts'
import type { Image } from '../../../runtime/data/image.ts'
import type { JpegDecoder } from '../../../runtime/data/jpeg/decoder.ts'
import { findJpegDecoder, openJpegDecoder } from '../../../runtime/data/jpeg/find.ts'
import { plainJpeg } from '../../../runtime/data/jpeg/plain.ts'
import { jpegSamples } from '../../../runtime/data/jpeg/samples.ts'
import { findTurboJpeg } from '../../../runtime/data/jpeg/turbo.ts'
import { openWasmJpeg } from '../../../runtime/data/jpeg/wasm.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { openLibrary } from '../../../runtime/native-library.ts'
import { encodeImage, encodeJpeg, patternImage } from '../../helpers/encoded-images.ts'
import { fuzzCount, seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'

const found = findTurboJpeg()
const missing = found.found ? '' : ` (without libturbojpeg: ${found.reason})`
const count = fuzzCount(400)

const decoders = [
  ...(found.found ? ([['libturbojpeg', () => found.open()]] as const) : []),
  ['WebAssembly', openWasmJpeg],
] as const

function decode(decoder: JpegDecoder, bytes: Uint8Array): Image | undefined {
  const size = plainJpeg(bytes)
  return size && decoder.decode(bytes, size)
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
  [7, 9],
  [8, 9],
  [9, 16],
  [15, 7],
  [17, 17],
] as const

/** Narrow JPEGs that libturbojpeg has written, as no test can where it is missing: 4:2:2, and a restart marker after each block. */
const fixtures = fileURLToPath(new URL('../../fixtures/jpeg/', import.meta.url))
const narrowPictures = () =>
  readdirSync(fixtures).map((file) => {
    const [sampling = '', ...rest] = file.replace('.jpg', '').split('-')
    return [[sampling.replace(/\B\d/g, ':$&'), ...rest].join(' '), readFileSync(`${fixtures}${file}`)] as const
  })

/** Pictures of all kinds that libturbojpeg may decode, from whatever writes them here. */
async function plainPictures(): Promise<Map<string, Uint8Array>> {
  const pictures = new Map<string, Uint8Array>(narrowPictures())
  for (const progressive of [false, true])
    for (const [width, height] of sizes) {
      const image = patternImage(width, height, width)
      const size = `${progressive ? 'progressive ' : ''}${width}x${height}`
      for (const chromaSubsampling of ['4:2:0', '4:4:4'])
        pictures.set(`${chromaSubsampling} ${size}`, await encodeJpeg(image, { progressive, chromaSubsampling }))
      const gray = await encodeImage(image, (encoder) => encoder.toColorspace('b-w').jpeg({ progressive }))
      pictures.set(`gray ${size}`, gray)
      const coarse = { progressive, quality: 5, optimizeCoding: true }
      pictures.set(`4:2:0 coarse ${size}`, await encodeJpeg(image, coarse))
    }
  if (!found.found) return pictures
  for (const [name, sampling] of Object.entries(samplings))
    for (const [width, height] of sizes)
      for (const setting of ['', 'TJ_RESTART', 'TJ_PROGRESSIVE', 'TJ_OPTIMIZE']) {
        const settings = setting === '' ? {} : { [setting]: '1' }
        const jpeg = encodeWith(found.library, patternImage(width, height, width), sampling, settings)
        pictures.set(`${name} ${setting.slice(3).toLowerCase()} ${width}x${height}`, jpeg)
      }
  return pictures
}

/** What arcc's own decoder leaves to sharp. */
const isLeft = (name: string) => /progressive/.test(name) || (/^4:2/.test(name) && / [1-4]x\d+$/.test(name))

/** Whether both are the same picture; a comparison of long arrays item by item takes long. */
const isSame = (image: Image | undefined, judged: unknown) =>
  image !== undefined &&
  typeof judged === 'object' &&
  isDeepStrictEqual({ ...image, data: Buffer.from(image.data) }, { ...judged, data: Buffer.from(dataOf(judged)) })
const dataOf = (judged: object | null) =>
  judged !== null && 'data' in judged && judged.data instanceof Uint8Array ? judged.data : []

const join = (...parts: (Uint8Array | readonly number[])[]) => new Uint8Array(parts.flatMap((part) => [...part]))

describe('what other decoders than sharp may decode', () => {
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

describe.each(decoders)('%s', (which, open) => {
  test('the pixels of sharp', async () => {
    const decoder = open()
    for (const [name, jpeg] of await plainPictures()) {
      const image = decode(decoder, jpeg)
      if (which === 'WebAssembly' && isLeft(name)) expect(image, name).toBeUndefined()
      else expect(isSame(image, await decodeImage(jpeg, 'x')), name).toBe(true)
    }
    decoder.close()
  })

  test('writes into the memory of a batch if the size fits, and only then', async () => {
    const decoder = open()
    const jpeg = await encodeJpeg(patternImage(20, 24, 1))
    const out = new Uint8Array(new SharedArrayBuffer(3 * 20 * 24 * 3)).subarray(20 * 24 * 3, 2 * 20 * 24 * 3)
    expect(decoder.decode(jpeg, { width: 20, height: 24 }, out)?.data).toBe(out)
    expect(new Uint8Array(out)).toEqual((await decodeImage(jpeg, 'x')).data)
    expect(decoder.decode(jpeg, { width: 20, height: 24 }, new Uint8Array(9))?.data).toHaveLength(20 * 24 * 3)
    expect(decoder.decode(jpeg, { width: 200, height: 24 })).toBeUndefined()
    decoder.close()
    expect(decoder.decode(jpeg, { width: 20, height: 24 })).toBeUndefined()
  })

  test('damage and what every viewer shows are left to sharp; bytes after the end are shown by both', async () => {
    const decoder = open()
    const jpeg = await encodeJpeg(patternImage(64, 64, 1))
    expect(decode(decoder, jpeg.subarray(0, -2))).toBeUndefined()
    expect(decode(decoder, jpeg.subarray(0, jpeg.length / 2))).toBeUndefined()
    for (const tail of [[], [0, 1, 2, 0xff, 0xd8, 9], [0xff, 0xd9], Array.from({ length: 300 }, () => 0)]) {
      const longer = join(jpeg, tail)
      expect(decode(decoder, longer)).toEqual(await decodeImage(longer, 'x'))
    }
    for (const stray of [3, 40]) {
      const bytes = join(
        jpeg.subarray(0, -2),
        Array.from({ length: stray }, (_, i) => i),
        jpeg.subarray(-2),
      )
      expect([undefined, await decodeImage(bytes, 'x')]).toContainEqual(decode(decoder, bytes))
    }
    decoder.close()
  })

  test('mutated files: the same pixels or the same judgement, never a crash', async () => {
    const decoder = open()
    const random = seededRandom(11)
    const sources = [
      await encodeJpeg(patternImage(40, 30, 1)),
      found.found
        ? encodeWith(found.library, patternImage(31, 33, 2), samplings['4:2:2'], { TJ_RESTART: '1' })
        : new Uint8Array(Buffer.from(need(jpegSamples[2], 'a sample').jpeg.join(''), 'base64')),
      await encodeJpeg(patternImage(40, 30, 3), { quality: 90, progressive: true }),
      await encodeImage(patternImage(24, 24, 4), (image) => image.toColorspace('b-w').jpeg()),
      await encodeImage(patternImage(20, 20, 5), (image) => image.png()),
    ]
    let taken = 0
    for (let i = 0; i < count; i++) {
      const bytes = mutateBytes(sources[i % sources.length] ?? new Uint8Array(0), random)
      const image = decode(decoder, bytes)
      const judged = await decodeImage(bytes, 'x').catch((error: unknown) => error)
      if (image === undefined) {
        if (judged instanceof Error) expect(judged).toBeInstanceOf(ArccError)
        continue
      }
      taken++
      expect(isSame(image, judged), `mutation ${i}`).toBe(true)
    }
    // Pixels that differ would be as few.
    expect(taken).toBeGreaterThan(count / 20)
    decoder.close()
  })
})

test('a picture after damaged ones is decoded, whatever they were', async () => {
  const good = await encodeJpeg(patternImage(40, 30, 1))
  const size = { width: 40, height: 30 }
  for (const [name, open] of decoders) {
    const decoder = open()
    for (let length = 20; length < good.length; length += 61) {
      const cut = good.slice(0, length)
      for (const damaged of [cut, join(cut, [0xff, 0xd9]), join(cut, good)]) {
        decoder.decode(damaged, size)
        expect(decoder.decode(good, size), `${name}, ${length} bytes`).toBeDefined()
      }
    }
    decoder.close()
  }
})

test('WebAssembly leaves coefficients to sharp that no picture has', async () => {
  const decoder = openWasmJpeg()
  const jpeg = await encodeJpeg(patternImage(40, 30, 1), { quality: 1 })
  const size = { width: 40, height: 30 }
  const tables = Buffer.from(jpeg.buffer).indexOf(Buffer.from([0xff, 0xdb]))
  expect(isSame(decoder.decode(jpeg, size), await decodeImage(jpeg, 'x'))).toBe(true)
  const sharper = await encodeJpeg(patternImage(40, 30, 1), { quality: 100 })
  sharper.fill(255, tables + 5, tables + 5 + 64)
  expect(plainJpeg(sharper)).toEqual(size)
  expect(decoder.decode(sharper, size)).toBeUndefined()
  decoder.close()
})

describe(`which decoder is used${missing}`, () => {
  const nowhere = '/nowhere/libturbojpeg.so'
  test('libturbojpeg: none if it is off; an error if one is named that cannot be used', () => {
    expect(findTurboJpeg('off')).toMatchObject({ found: false })
    expect(() => findTurboJpeg(nowhere)).toThrow(expect.objectContaining({ code: 'ARC6262' }))
    expect(() => findJpegDecoder({ ARCC_TURBOJPEG: nowhere })).toThrow(expect.objectContaining({ code: 'ARC6262' }))
  })

  test('without it WebAssembly, and only on demand sharp', () => {
    expect(findJpegDecoder({})).toMatchObject({ kind: found.found ? 'turbojpeg' : 'wasm' })
    expect(findJpegDecoder({ ARCC_TURBOJPEG: 'off' })).toEqual({
      kind: 'wasm',
      reason: 'ARCC_TURBOJPEG is off',
    })
    const sharpOnly = findJpegDecoder({ ARCC_JPEG: 'sharp', ARCC_TURBOJPEG: nowhere })
    expect(sharpOnly).toEqual({ kind: 'sharp', reason: 'ARCC_JPEG is sharp' })
    expect(openJpegDecoder(sharpOnly)).toBeUndefined()
    expect(() => findJpegDecoder({ ARCC_JPEG: 'wasm' })).toThrow(expect.objectContaining({ code: 'ARC6265' }))
  })

  describe('sharp where WebAssembly does not start', () => {
    const { Memory } = WebAssembly
    const failing = (name: string) =>
      class {
        constructor() {
          throw Object.assign(new Error('of the engine'), { name })
        }
      }
    afterEach(() => vi.unstubAllGlobals())
    test.each([
      ['no WebAssembly (--jitless)', () => Reflect.deleteProperty(globalThis, 'WebAssembly')],
      ['no SIMD', () => vi.stubGlobal('WebAssembly', { Memory, Module: failing('CompileError') })],
      ['no room', () => vi.stubGlobal('WebAssembly', { Memory: failing('RangeError') })],
    ])('%s', async (_, remove) => {
      const all = WebAssembly
      vi.resetModules()
      const fresh = await import('../../../runtime/data/jpeg/find.ts')
      try {
        remove()
        const reason = 'ARCC_TURBOJPEG is off; WebAssembly does not start on this computer'
        expect(fresh.findJpegDecoder({ ARCC_TURBOJPEG: 'off' })).toEqual({ kind: 'sharp', reason })
        expect(fresh.openJpegDecoder({ kind: 'wasm', reason: '' })).toBeUndefined()
      } finally {
        globalThis.WebAssembly = all
      }
    })
  })

  test('WebAssembly leaves a picture to sharp for which the system has no memory, and decodes the next', async () => {
    const decoder = openWasmJpeg()
    const [large, small] = await Promise.all(
      [600, 40].map(async (side) => ({ side, jpeg: await encodeJpeg(patternImage(side, side, 1)) })),
    )
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory')
    })
    const decoded = [large, small].map((picture) => decode(decoder, picture?.jpeg ?? new Uint8Array(0)))
    expect(decoded.map((image) => image?.width)).toEqual([undefined, 40])
    grow.mockRestore()
    expect(decode(decoder, large?.jpeg ?? new Uint8Array(0))).toBeDefined()
    decoder.close()
  })

  test('the samples are pictures that it may decode', () => {
    for (const { jpeg } of jpegSamples)
      expect(plainJpeg(Buffer.from(jpeg.join(''), 'base64'))).toEqual({ width: 21, height: 19 })
  })
})
