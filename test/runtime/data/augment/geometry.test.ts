/** Parts, blur, resampling and cutout, against straightforward formulas in double precision. */
import { describe, expect, test } from 'vitest'
import { blurWeights, createBlur, sigmaOf } from '../../../../runtime/data/augment/blur.ts'
import { createCanvas, type ImageSize } from '../../../../runtime/data/augment/canvas.ts'
import { createCrop, type Part, setPart } from '../../../../runtime/data/augment/crop.ts'
import { createCutout } from '../../../../runtime/data/augment/cutout.ts'
import { createLowResolution } from '../../../../runtime/data/augment/low-resolution.ts'
import { createResampler } from '../../../../runtime/data/augment/resample.ts'
import type { Filter } from '../../../../runtime/data/augment/resample-weights.ts'
import { createStream } from '../../../../runtime/random.ts'
import { applied, furthest, picture, scripted, sizes } from './pixels.ts'

const levelAt = (
  pixels: ArrayLike<number>,
  { height, width, channels }: ImageSize,
  y: number,
  x: number,
  c: number,
) => {
  const row = Math.min(height - 1, Math.max(0, y))
  const column = Math.min(width - 1, Math.max(0, x))
  return pixels[(row * width + column) * channels + c] ?? Number.NaN
}

/** Builds an image from a formula. */
function drawn(size: ImageSize, level: (y: number, x: number, c: number) => number): number[] {
  const out: number[] = []
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) for (let c = 0; c < size.channels; c++) out.push(level(y, x, c))
  return out
}

describe('crop', () => {
  test.each(sizes)('enlarges a part bilinearly: $height × $width × $channels', (size) => {
    const pixels = picture(size)
    const op = { op: 'crop', probability: 1, scale: 0.3, ratio: 4 / 3, resize: true } as const
    for (let seed = 0; seed < 5; seed++) {
      const part: Part = { top: 0, left: 0, height: 0, width: 0 }
      setPart(part, size.height, size.width, 0.3, 4 / 3, createStream({ a: seed, b: 1 }))
      const got = applied((canvas) => createCrop(op, canvas), size, pixels, createStream({ a: seed, b: 1 }))
      const cropped = { ...size, height: part.height, width: part.width }
      const inside = drawn(cropped, (y, x, c) => levelAt(pixels, size, part.top + y, part.left + x, c))
      const wanted = drawn(size, (y, x, c) => {
        const v = ((y + 0.5) * part.height) / size.height - 0.5
        const u = ((x + 0.5) * part.width) / size.width - 0.5
        let sum = 0
        for (const dy of [0, 1])
          for (const dx of [0, 1]) {
            const weight = (1 - Math.abs(v - (Math.floor(v) + dy))) * (1 - Math.abs(u - (Math.floor(u) + dx)))
            sum += weight * levelAt(inside, cropped, Math.floor(v) + dy, Math.floor(u) + dx, c)
          }
        return sum
      })
      expect(furthest(got, wanted)).toBeLessThanOrEqual(0.6)
    }
  })

  test('parts have the area, the ratio and the places that are asked for', () => {
    const draw = createStream({ a: 1, b: 2 })
    const part: Part = { top: 0, left: 0, height: 0, width: 0 }
    const parts = Array.from({ length: 20000 }, () => {
      setPart(part, 112, 96, 0.25, 4 / 3, draw)
      return { ...part }
    })
    expect(parts.filter(({ top, height }) => top < 0 || top + height > 112)).toEqual([])
    expect(parts.filter(({ left, width }) => left < 0 || left + width > 96)).toEqual([])
    const areas = parts.map(({ height, width }) => (height * width) / (112 * 96))
    // Rounding of the sides moves the ends a little.
    expect(Math.min(...areas)).toBeGreaterThan(0.24)
    const ratios = parts.map(({ height, width }) => width / height)
    expect(Math.min(...ratios)).toBeGreaterThan(0.72)
    expect(Math.max(...ratios)).toBeLessThan(1.38)
    // Areas that are well below the whole image fit at every ratio, so they are uniform there.
    const share = (low: number, high: number) => areas.filter((a) => a >= low && a < high).length
    expect(share(0.3, 0.4) / share(0.4, 0.5)).toBeGreaterThan(0.9)
    expect(share(0.3, 0.4) / share(0.4, 0.5)).toBeLessThan(1.1)
    const small = parts.filter(({ height }) => height < 80)
    const places = small.map(({ top, height }) => top / (112 - height))
    expect(places.reduce((sum, at) => sum + at, 0) / places.length).toBeCloseTo(0.5, 1)
  })

  test('if nothing fits, it is the largest middle part within the ratios', () => {
    const part: Part = { top: 0, left: 0, height: 0, width: 0 }
    setPart(part, 10, 1000, 1, 2, createStream({ a: 1, b: 2 }))
    expect(part).toEqual({ top: 0, left: 490, height: 10, width: 20 })
  })

  test('in place, the part keeps its pixels and the rest is black', () => {
    for (const size of sizes) {
      const pixels = picture(size).map((level) => Math.max(1, level))
      const op = { op: 'crop', probability: 1, scale: 0.2, ratio: 4 / 3, resize: false } as const
      const part: Part = { top: 0, left: 0, height: 0, width: 0 }
      setPart(part, size.height, size.width, 0.2, 4 / 3, createStream({ a: 3, b: 1 }))
      const got = applied((canvas) => createCrop(op, canvas), size, pixels, createStream({ a: 3, b: 1 }))
      const wanted = drawn(size, (y, x, c) => {
        const isInside = y >= part.top && y < part.top + part.height && x >= part.left && x < part.left + part.width
        return isInside ? levelAt(pixels, size, y, x, c) : 0
      })
      expect([...got]).toEqual(wanted)
    }
  })
})

describe('blur', () => {
  test.each([3, 5, 7, 31])('window %i is a Gaussian, mirrored at the edges', (window) => {
    for (const size of sizes) {
      const pixels = picture(size)
      const op = { op: 'blur', probability: 1, window: [window, window] } as const
      const got = applied((canvas) => createBlur(op, canvas), size, pixels, scripted([0]))
      const radius = (window - 1) / 2
      const weights = Array.from({ length: window }, (_, i) =>
        Math.exp(-((i - radius) ** 2) / (2 * sigmaOf(window) ** 2)),
      )
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const mirror = (at: number, length: number) => {
        let i = at
        while (length > 1 && (i < 0 || i >= length)) i = i < 0 ? -i : 2 * (length - 1) - i
        return length === 1 ? 0 : i
      }
      const wanted = drawn(size, (y, x, c) => {
        let sum = 0
        for (let dy = 0; dy < window; dy++)
          for (let dx = 0; dx < window; dx++) {
            const level = levelAt(
              pixels,
              size,
              mirror(y + dy - radius, size.height),
              mirror(x + dx - radius, size.width),
              c,
            )
            sum += ((weights[dy] ?? 0) * (weights[dx] ?? 0) * level) / total ** 2
          }
        return sum
      })
      // Weights of 8 bits.
      expect(furthest(got, wanted)).toBeLessThanOrEqual(window > 7 ? 4 : 2)
    }
  })

  test("the weights of 3 and 5 are OpenCV's", () => {
    expect(sigmaOf(3)).toBeCloseTo(0.8)
    expect(sigmaOf(5)).toBeCloseTo(1.1)
    expect(blurWeights(5).reduce((sum, weight) => sum + weight, 0)).toBe(256)
  })

  test('draws every odd window', () => {
    const size = { height: 20, width: 20, channels: 1 }
    const pixels = picture(size)
    const op = { op: 'blur', probability: 1, window: [3, 7] } as const
    const results = [0, 0.4, 0.9].map((at) =>
      applied((canvas) => createBlur(op, canvas), size, pixels, scripted([at])).join(),
    )
    expect(new Set(results).size).toBe(3)
  })
})

/** Filters by their formulas: weight of input pixel s for output pixel o. */
const filters: { readonly [F in Exclude<Filter, 'area'>]: (distance: number, scale: number) => number } = {
  nearest: () => 1,
  linear: (d) => Math.max(0, 1 - Math.abs(d)),
  cubic(d) {
    const [x, a] = [Math.abs(d), -0.75]
    if (x < 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1
    return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0
  },
  lanczos(d) {
    const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))
    return Math.abs(d) < 4 ? sinc(d) * sinc(d / 4) : 0
  },
  triangle: (d, scale) => Math.max(0, 1 - Math.abs(d) / Math.max(1, scale)),
}

/** A row or column of levels at another length. */
function resampled(levels: readonly number[], output: number, filter: Filter): number[] {
  const scale = levels.length / output
  return Array.from({ length: output }, (_, o) => {
    if (filter === 'nearest') return levels[Math.floor(o * scale)] ?? Number.NaN
    let sum = 0
    let total = 0
    const isCut = filter === 'triangle' || filter === 'area'
    for (let s = isCut ? 0 : -8; s < levels.length + (isCut ? 0 : 8); s++) {
      const overlap = Math.max(0, Math.min(s + 1, (o + 1) * scale) - Math.max(s, o * scale))
      const weight = filter === 'area' ? overlap : filters[filter](s - ((o + 0.5) * scale - 0.5), scale)
      total += weight
      sum += weight * (levels[Math.min(levels.length - 1, Math.max(0, s))] ?? Number.NaN)
    }
    return sum / total
  })
}

describe('low resolution', () => {
  test.each(['nearest', 'linear', 'area', 'cubic', 'lanczos', 'triangle'] as const)('%s', (filter) => {
    for (const [from, to] of [
      [
        { height: 112, width: 112 },
        { height: 40, width: 40 },
      ],
      [
        { height: 40, width: 37 },
        { height: 112, width: 100 },
      ],
      [
        { height: 30, width: 20 },
        { height: 30, width: 1 },
      ],
      [
        { height: 1, width: 3 },
        { height: 9, width: 11 },
      ],
    ] as const)
      for (const channels of [1, 3]) {
        const size = { ...from, channels }
        const canvas = createCanvas({ height: 112, width: 112, channels })
        const resample = createResampler(canvas)
        const pixels = picture(size)
        canvas.bytes.set(pixels, canvas.address)
        resample({ at: canvas.address, stride: from.width, ...from }, { at: canvas.spare, stride: 112, ...to }, filter)
        const got = canvas.bytes.subarray(canvas.spare, canvas.spare + canvas.length)
        const isUp = to.height > from.height || to.width > from.width
        // OpenCV's area when enlarging is another filter; see below.
        if (filter === 'area' && isUp) continue
        let most = 0
        for (let c = 0; c < channels; c++) {
          const columns = Array.from({ length: from.width }, (_, x) =>
            resampled(
              Array.from({ length: from.height }, (_, y) => levelAt(pixels, size, y, x, c)),
              to.height,
              filter,
            ),
          )
          for (let y = 0; y < to.height; y++) {
            const row = resampled(
              columns.map((column) => column[y] ?? Number.NaN),
              to.width,
              filter,
            )
            for (const [x, level] of row.entries()) {
              const found = got[(y * 112 + x) * channels + c] ?? Number.NaN
              most = Math.max(most, Math.abs(found - Math.min(255, Math.max(0, level))))
            }
          }
        }
        expect(most).toBeLessThan(0.75)
      }
  })

  test("area when enlarging mixes two pixels only where an output pixel covers both, as OpenCV's INTER_AREA", () => {
    const canvas = createCanvas({ height: 1, width: 6, channels: 1 })
    canvas.bytes.set([0, 240, 100, 7], canvas.address)
    const from = { at: canvas.address, stride: 4, height: 1, width: 4 }
    createResampler(canvas)(from, { at: canvas.spare, stride: 6, height: 1, width: 6 }, 'area')
    // cv2.resize(np.uint8([[0, 240, 100, 7]]), (6, 1), interpolation=cv2.INTER_AREA)
    expect([...canvas.bytes.subarray(canvas.spare, canvas.spare + 6)]).toEqual([0, 120, 240, 100, 54, 7])
  })

  test('a plain image stays as it is, whatever the filters and the side', () => {
    for (const size of sizes) {
      const plain = new Uint8Array(size.height * size.width * size.channels).fill(201)
      const op = { op: 'low_resolution', probability: 1, side: [0.05, 1], interpolation: 'any' } as const
      for (let seed = 0; seed < 30; seed++) {
        const draw = createStream({ a: seed, b: 9 })
        const got = applied((canvas) => createLowResolution(op, canvas), size, plain, draw)
        expect(Buffer.compare(got, plain)).toBe(0)
      }
    }
  })

  test('the filters are chosen alike, each way for itself', () => {
    const size = { height: 24, width: 24, channels: 1 }
    const pixels = picture(size)
    const op = { op: 'low_resolution', probability: 1, side: [0.6, 0.6], interpolation: 'any' } as const
    const seen = new Set<string>()
    for (const down of [0.1, 0.3, 0.5, 0.7, 0.9])
      for (const up of [0.1, 0.3, 0.5, 0.7, 0.9])
        seen.add(applied((canvas) => createLowResolution(op, canvas), size, pixels, scripted([0, down, up])).join())
    expect(seen.size).toBe(25)
  })
})

describe('cutout', () => {
  test('fills rectangles of the areas and ratios that are asked for, everywhere', () => {
    const size = { height: 50, width: 40, channels: 3 }
    const op = { op: 'cutout', probability: 1, area: [0.02, 0.33], ratio: 3.3, fill: 9 } as const
    const canvas = createCanvas(size)
    const cut = createCutout(op, canvas)
    const draw = createStream({ a: 4, b: 4 })
    const hits = new Float64Array(50 * 40)
    const areas: number[] = []
    for (let run = 0; run < 1500; run++) {
      canvas.bytes.fill(200, canvas.address, canvas.address + canvas.length)
      cut(draw)
      const image = canvas.bytes.subarray(canvas.address, canvas.address + canvas.length)
      const filled: [number, number][] = []
      for (let i = 0; i < 2000; i++) {
        if (image[3 * i] === 200) continue
        if (image[3 * i] !== 9 || image[3 * i + 1] !== 9 || image[3 * i + 2] !== 9) expect.unreachable(`pixel ${i}`)
        filled.push([Math.floor(i / 40), i % 40])
        hits[i] = (hits[i] ?? 0) + 1
      }
      const rows = filled.map(([y]) => y)
      const columns = filled.map(([, x]) => x)
      const tall = Math.max(...rows) - Math.min(...rows) + 1
      const wide = Math.max(...columns) - Math.min(...columns) + 1
      expect(filled.length).toBe(tall * wide)
      expect(tall / wide).toBeLessThan(3.9)
      expect(tall / wide).toBeGreaterThan(1 / 3.9)
      areas.push(filled.length / 2000)
    }
    expect(Math.min(...areas)).toBeGreaterThan(0.015)
    expect(Math.max(...areas)).toBeLessThan(0.35)
    expect(areas.reduce((sum, area) => sum + area, 0) / areas.length).toBeCloseTo(0.17, 1)
    expect(Math.min(...hits)).toBeGreaterThan(0)
  })

  test('leaves the image if no rectangle fits', () => {
    const size = { height: 1, width: 1, channels: 3 }
    const op = { op: 'cutout', probability: 1, area: [0.5, 0.5], ratio: 1, fill: 0 } as const
    expect([
      ...applied((c) => createCutout(op, c), size, Uint8Array.of(5, 6, 7), createStream({ a: 1, b: 1 })),
    ]).toEqual([5, 6, 7])
  })
})
