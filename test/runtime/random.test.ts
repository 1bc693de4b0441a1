import { describe, expect, test } from 'vitest'
import { createStream, fold, permutation, rootKey, threefry } from '../../runtime/random.ts'

describe('threefry', () => {
  // Known answers of Random123 1.14, file kat_vectors, generator threefry2x32, 20 rounds.
  test.each([
    [{ a: 0, b: 0 }, 0, 0, [0x6b200159, 0x99ba4efe]],
    [{ a: 0xffffffff, b: 0xffffffff }, 0xffffffff, 0xffffffff, [0x1cb996fc, 0xbb002be7]],
    [{ a: 0x13198a2e, b: 0x03707344 }, 0x243f6a88, 0x85a308d3, [0xc4923a9c, 0x483df7a0]],
  ])('key %o', (key, x0, x1, expected) => {
    expect(threefry(key, x0, x1)).toEqual(expected)
  })
})

test('a key depends on every word of the seed and on the order of what is folded in', () => {
  const keys = [
    rootKey(1),
    rootKey(1 + 2 ** 32),
    fold(rootKey(1), 2),
    fold(rootKey(2), 1),
    fold(fold(rootKey(1), 2), 0),
  ]
  expect(new Set(keys.map((key) => `${key.a} ${key.b}`)).size).toBe(keys.length)
})

test('uniform, normal and integer numbers have the moments they should', () => {
  const stream = createStream(rootKey(7))
  const n = 20000
  const uniform = Array.from({ length: n }, () => stream.uniform())
  const normal = Array.from({ length: n }, () => stream.normal())
  const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / n
  expect(mean(uniform)).toBeCloseTo(0.5, 2)
  expect(mean(uniform.map((u) => u * u))).toBeCloseTo(1 / 3, 2)
  expect(Math.abs(mean(normal))).toBeLessThan(0.03)
  expect(Math.abs(mean(normal.map((z) => z * z)) - 1)).toBeLessThan(0.05)
  const counts = new Array<number>(7).fill(0)
  for (let i = 0; i < n; i++) {
    const drawn = stream.integer(7)
    counts[drawn] = (counts[drawn] ?? 0) + 1
  }
  for (const count of counts) expect(Math.abs(count - n / 7)).toBeLessThan(5 * Math.sqrt((n * 6) / 49))
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...uniform)).toBeLessThan(1)
})

test('a permutation holds every number once and is uniform over the orders of three', () => {
  expect([...permutation(rootKey(3), 1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  const seen = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const order = permutation(fold(rootKey(5), i), 3).join('')
    seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  expect(seen.size).toBe(6)
  // Standard deviation of a cell: sqrt(6000 · 1/6 · 5/6) = 28.9.
  for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 28.9)
})
