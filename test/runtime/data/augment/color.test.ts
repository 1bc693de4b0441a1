/** Changes of color, against their definitions in double precision. */
import { describe, expect, test } from 'vitest'
import type { AugmentOp } from '../../../../compiler/plan/plan.ts'
import { createGray, createHsv, createJitter } from '../../../../runtime/data/augment/color.ts'
import { createStream } from '../../../../runtime/random.ts'
import { applied, furthest, picture, scripted, sizes } from './pixels.ts'

const color = { height: 112, width: 112, channels: 3 }

const limit = (level: number) => Math.min(255, Math.max(0, Math.round(level)))
const lumaOf = (r: number, g: number, b: number) => 0.2989 * r + 0.587 * g + 0.114 * b

/** Maps each pixel. */
function mapped(
  pixels: ArrayLike<number>,
  map: (r: number, g: number, b: number) => readonly [number, number, number],
): number[] {
  const out: number[] = []
  for (let i = 0; i < pixels.length; i += 3)
    out.push(...map(pixels[i] ?? 0, pixels[i + 1] ?? 0, pixels[i + 2] ?? 0).map(limit))
  return out
}

/** torchvision.transforms.v2.functional: adjust_brightness, adjust_contrast, adjust_saturation and adjust_hue. */
const reference = {
  brightness: (pixels: ArrayLike<number>, factor: number) => Array.from(pixels, (level) => limit(factor * level)),
  contrast(pixels: ArrayLike<number>, factor: number): number[] {
    let sum = 0
    for (let i = 0; i < pixels.length; i += 3) sum += lumaOf(pixels[i] ?? 0, pixels[i + 1] ?? 0, pixels[i + 2] ?? 0)
    const mean = sum / (pixels.length / 3)
    return Array.from(pixels, (level) => limit(factor * level + (1 - factor) * mean))
  },
  saturation: (pixels: ArrayLike<number>, factor: number) =>
    mapped(pixels, (r, g, b) => {
      const gray = (1 - factor) * lumaOf(r, g, b)
      return [factor * r + gray, factor * g + gray, factor * b + gray]
    }),
  /** By the formulas of HSV with an angle in turns. */
  hue: (pixels: ArrayLike<number>, turn: number) =>
    mapped(pixels, (r, g, b) => {
      const value = Math.max(r, g, b)
      const chroma = value - Math.min(r, g, b)
      if (chroma === 0) return [r, g, b]
      const sixths = value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma
      const at = (n: number) => {
        const k = (((n + sixths + 6 * turn) % 6) + 6) % 6
        return value - chroma * Math.max(0, Math.min(k, 4 - k, 1))
      }
      return [at(5), at(3), at(1)]
    }),
}

type Jitter = Extract<AugmentOp, { readonly op: 'jitter' }>
const still: Jitter = { op: 'jitter', probability: 1, brightness: 0, contrast: 0, saturation: 0, hue: 0 }
// The last four numbers are the order; these keep brightness, contrast, saturation, hue.
const inOrder = [0.99, 0.99, 0.99, 0.99]

describe('jitter', () => {
  test.each(['brightness', 'contrast', 'saturation', 'hue'] as const)('%s as torchvision defines it', (name) => {
    const pixels = picture(color)
    for (const fraction of [0, 0.2, 0.5, 0.7, 0.9999]) {
      const draws = ['brightness', 'contrast', 'saturation', 'hue'].map((which) => (which === name ? fraction : 0.5))
      const range = name === 'hue' ? 0.5 : 1
      const op = { ...still, [name]: range }
      const factor = name === 'hue' ? -0.5 + fraction : 2 * fraction
      const got = applied((canvas) => createJitter(op, canvas), color, pixels, scripted([...draws, ...inOrder]))
      expect(furthest(got, reference[name](pixels, factor))).toBeLessThanOrEqual(1)
    }
  })

  test('all four, one after the other', () => {
    const pixels = picture(color)
    const op = { ...still, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }
    const got = applied((canvas) => createJitter(op, canvas), color, pixels, scripted([0.9, 0.1, 0.8, 0.3, ...inOrder]))
    const bright = reference.brightness(pixels, 1.32)
    const wanted = reference.hue(reference.saturation(reference.contrast(bright, 0.68), 1.24), -0.04)
    // Rounding after each of them, enlarged by the next ones.
    expect(furthest(got, wanted)).toBeLessThanOrEqual(5)
  })

  test('every order is as likely as the others', () => {
    // Contrast 0 makes all levels the mean, 105; brightness 1.5 multiplies it, or cuts 200 off at 255 before.
    const op = { ...still, brightness: 1, contrast: 1 }
    const size = { height: 8, width: 8, channels: 3 }
    const pixels = Uint8Array.from({ length: 192 }, (_, i) => (i < 96 ? 10 : 200))
    const counts = new Map<number, number>()
    for (let i = 0; i < 3000; i++) {
      const { uniform } = createStream({ a: i, b: 5 })
      const draw = scripted([0.75, 0, 0.5, 0.5, uniform(), uniform(), uniform(), uniform()])
      const [level = 0] = applied((canvas) => createJitter(op, canvas), size, pixels, draw)
      counts.set(level, (counts.get(level) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted()).toEqual([135, 158])
    expect((counts.get(135) ?? 0) / 3000).toBeGreaterThan(0.46)
    expect((counts.get(135) ?? 0) / 3000).toBeLessThan(0.54)
  })

  test('with one channel, brightness and contrast only', () => {
    const gray = { height: 37, width: 51, channels: 1 }
    const pixels = picture(gray)
    const op = { ...still, brightness: 0.5, contrast: 0.5, saturation: 1, hue: 0.5 }
    const draw = scripted([0.9, 0.2, 0, 0, ...inOrder])
    const got = applied((canvas) => createJitter(op, canvas), gray, pixels, draw)
    const bright = reference.brightness(pixels, 1.4)
    const mean = bright.reduce((sum, level) => sum + level, 0) / bright.length
    const wanted = bright.map((level) => limit(0.7 * level + 0.3 * mean))
    expect(furthest(got, wanted)).toBeLessThanOrEqual(1)
  })
})

test('the mean of contrast counts every pixel once, for every size', () => {
  for (const size of sizes.filter(({ channels }) => channels === 3)) {
    const pixels = picture(size)
    const op = { ...still, contrast: 1 }
    const got = applied((canvas) => createJitter(op, canvas), size, pixels, scripted([0.5, 0, 0.5, 0.5, ...inOrder]))
    expect(furthest(got, reference.contrast(pixels, 0))).toBeLessThanOrEqual(1)
  }
})

test('gray is the luma in all channels', () => {
  for (const size of sizes.filter(({ channels }) => channels === 3)) {
    const pixels = picture(size)
    const got = applied(createGray, size, pixels, scripted([]))
    const wanted = mapped(pixels, (r, g, b) => [lumaOf(r, g, b), lumaOf(r, g, b), lumaOf(r, g, b)])
    expect(furthest(got, wanted)).toBeLessThanOrEqual(1)
    for (let i = 0; i < got.length; i += 3) expect(got[i + 1]).toBe(got[i])
  }
})

test("hsv is DALI's: a rotation and a scaling in the plane of I and Q", () => {
  const pixels = picture(color)
  const op = { op: 'hsv', probability: 1, hueShift: [0, Math.PI / 9], saturationFactor: [1, 1.2] } as const
  for (const [h, s] of [
    [0, 0],
    [0.5, 0.5],
    [1, 1],
  ] as const) {
    const got = applied((canvas) => createHsv(op, canvas), color, pixels, scripted([h, s]))
    const angle = (h * Math.PI) / 9
    const factor = 1 + 0.2 * s
    const wanted = mapped(pixels, (r, g, b) => {
      const y = 0.299 * r + 0.587 * g + 0.114 * b
      const i = 0.596 * r - 0.274 * g - 0.321 * b
      const q = 0.211 * r - 0.523 * g + 0.311 * b
      const i2 = factor * (Math.cos(angle) * i + Math.sin(angle) * q)
      const q2 = factor * (Math.cos(angle) * q - Math.sin(angle) * i)
      return [y + 0.956 * i2 + 0.621 * q2, y - 0.272 * i2 - 0.647 * q2, y - 1.107 * i2 + 1.705 * q2]
    })
    expect(furthest(got, wanted)).toBeLessThanOrEqual(1)
  }
})
