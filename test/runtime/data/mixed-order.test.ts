import { describe, expect, test } from 'vitest'
import { mixedOrder, partCounts, weightedMix } from '../../../runtime/data/mixed-order.ts'
import { createSampler } from '../../../runtime/data/sampler.ts'
import { fold, rootKey } from '../../../runtime/random.ts'

const mix = { firsts: [0, 10, 100, 200], weights: [1, 2, 1] }
const key = (epoch: number) => fold(rootKey(7), epoch)

const inPart = (order: Uint32Array, p: number) =>
  [...order].filter((i) => i >= (mix.firsts[p] ?? 0) && i < (mix.firsts[p + 1] ?? 0))

describe('the order of a mix with weights', () => {
  test('each part has its share of the epoch, rounded to a total of all images', () => {
    expect(partCounts(mix)).toEqual([50, 100, 50])
    expect(partCounts({ firsts: [0, 1, 2, 7], weights: [1, 1, 1] })).toEqual([3, 2, 2])
    expect(partCounts({ firsts: [0, 5, 5, 10], weights: [1, 9, 3] })).toEqual([3, 0, 7])
    const order = mixedOrder(key(0), mix)
    expect([0, 1, 2].map((p) => inPart(order, p).length)).toEqual([50, 100, 50])
  })

  test('images of a part differ by at most one in how often they come', () => {
    const order = mixedOrder(key(0), mix)
    for (const p of [0, 1, 2]) {
      const size = (mix.firsts[p + 1] ?? 0) - (mix.firsts[p] ?? 0)
      const times = new Array<number>(size).fill(0)
      for (const i of inPart(order, p)) times[i - (mix.firsts[p] ?? 0)] = (times[i - (mix.firsts[p] ?? 0)] ?? 0) + 1
      expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1)
    }
  })

  test('it depends on the key alone, and the parts are shuffled among each other', () => {
    const order = mixedOrder(key(0), mix)
    expect(mixedOrder(key(0), mix)).toEqual(order)
    expect(mixedOrder(key(1), mix)).not.toEqual(order)
    expect(new Set(inPart(mixedOrder(key(1), mix), 2))).not.toEqual(new Set(inPart(order, 2)))
    // In each quarter, the large share of the middle part is about half.
    for (let from = 0; from < 200; from += 50) {
      expect(inPart(order.slice(from, from + 50), 1).length).toBeGreaterThan(12)
      expect(inPart(order.slice(from, from + 50), 1).length).toBeLessThan(38)
    }
  })

  test('the sampler takes it', () => {
    const spec = { seed: 7, images: 200, globalBatch: 50, flip: 0 }
    const sampler = createSampler({ ...spec, mix })
    const epoch = [0, 1, 2, 3].flatMap((step) => [...sampler.at(step).samples])
    expect([0, 1, 2].map((p) => inPart(Uint32Array.from(epoch), p).length)).toEqual([50, 100, 50])
    expect(createSampler(spec).at(0).samples).not.toEqual(sampler.at(0).samples)
  })
})

test('images that are held out leave their parts', () => {
  const recipe = {
    kind: 'mixed' as const,
    parts: [],
    part: Uint16Array.from([0, 0, 0, 1, 1]),
    index: Uint32Array.from([0, 1, 2, 0, 1]),
  }
  const shared = { ...recipe, part: share16(recipe.part), index: share32(recipe.index) }
  const numbers = [0, 2, 4]
  const selection = { images: 3, numberOf: (i: number) => numbers[i] ?? 0 }
  expect(weightedMix({ recipe: shared, weights: [1, 1] }, selection)).toEqual({ firsts: [0, 2, 3], weights: [1, 1] })
  expect(weightedMix({ recipe: shared }, selection)).toBeUndefined()
})

function share16(values: Uint16Array): Uint16Array<SharedArrayBuffer> {
  const shared = new Uint16Array(new SharedArrayBuffer(2 * values.length))
  shared.set(values)
  return shared
}

function share32(values: Uint32Array): Uint32Array<SharedArrayBuffer> {
  const shared = new Uint32Array(new SharedArrayBuffer(4 * values.length))
  shared.set(values)
  return shared
}
