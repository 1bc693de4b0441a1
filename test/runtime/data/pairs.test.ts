import { describe, expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import type { Collection } from '../../../runtime/data/collection.ts'
import { drawPairs, pairCapacity } from '../../../runtime/data/draw-pairs.ts'
import { heldOutPairs } from '../../../runtime/data/select/held-out-pairs.ts'
import { splitCollection } from '../../../runtime/data/select/selection.ts'
import { renderFace } from '../../../runtime/data/synthetic.ts'
import { anError } from '../../helpers/facts.ts'

/** Seven drawn people with four pictures each. */
const population: Collection = {
  name: 'drawn',
  images: 28,
  classes: 7,
  label: (i) => Math.floor(i / 4),
  recipe: { kind: 'drawn', perIdentity: 4, seed: 1, nuisance: 0.5 },
  leftOut: [],
}

/** `sizes[p]` pictures of person p, numbered consecutively. */
function people(...sizes: number[]): { groups: number[][]; owner: number[] } {
  let next = 0
  const groups = sizes.map((size) => Array.from({ length: size }, () => next++))
  return { groups, owner: groups.flatMap((images, p) => images.map(() => p)) }
}

describe('drawPairs', () => {
  test.each([
    ['ten people of ten', Array<number>(10).fill(10), 300],
    ['all that there are', [3, 3], 6],
    ['uneven people', [1, 2, 9, 30], 60],
    ['a single pair', [2, 1], 1],
  ])('%s: right kinds, no pair twice, kinds alternate', (_, sizes, count) => {
    const { groups, owner } = people(...sizes)
    const { pairs, same } = drawPairs(groups, count, 7, 'x')
    expect(pairs.length).toBe(4 * count)
    const seen = new Set<string>()
    for (let p = 0; p < 2 * count; p++) {
      const [a = -1, b = -1] = [pairs[2 * p], pairs[2 * p + 1]]
      expect(a).not.toBe(b)
      expect(owner[a] === owner[b]).toBe(same[p] === 1)
      expect(same[p]).toBe(p % 2 === 0 ? 1 : 0)
      seen.add(a < b ? `${a} ${b}` : `${b} ${a}`)
    }
    expect(seen.size).toBe(2 * count)
  })

  test('everybody is used equally often, up to one', () => {
    const { groups, owner } = people(...Array<number>(10).fill(10))
    const { pairs, same } = drawPairs(groups, 300, 1, 'x')
    const uses = new Array<number>(10).fill(0)
    for (let p = 0; p < same.length; p++) {
      const person = owner[pairs[2 * p] ?? 0] ?? 0
      if (same[p] === 1) uses[person] = (uses[person] ?? 0) + 1
    }
    expect(uses).toEqual(Array(10).fill(30))
  })

  test('follows the seed', () => {
    const { groups } = people(8, 8, 8, 8)
    expect(drawPairs(groups, 40, 1, 'x')).toEqual(drawPairs(groups, 40, 1, 'x'))
    expect(drawPairs(groups, 40, 2, 'x').pairs).not.toEqual(drawPairs(groups, 40, 1, 'x').pairs)
  })

  test('says how many pairs there are where too many are asked for', () => {
    const { groups } = people(3, 3)
    expect(pairCapacity(groups)).toEqual({ same: 6, different: 9 })
    expect(() => drawPairs(groups, 7, 1, 'a set')).toThrow(
      anError('ARC6207', { set: 'a set', what: 'same', asked: 7, most: 6 }),
    )
    expect(() => drawPairs([[0, 1, 2]], 1, 1, 'a set')).toThrow(
      anError('ARC6207', { set: 'a set', what: 'different', asked: 1, most: 0 }),
    )
  })
})

test('held-out pairs have each used picture once, of held-out people only', async () => {
  const { heldOut } = splitCollection(population, 3)
  const set = heldOutPairs(need(heldOut, 'held-out people'), 12, 1, [112, 112, 3])
  expect(set.same.length).toBe(24)
  expect(Math.max(...set.pairs)).toBe(set.images - 1)
  expect(new Set(set.pairs).size).toBe(set.images)
  const out = new Uint8Array(112 * 112 * 3)
  // All 12 pictures are used, in their order: the first is that of the first held-out person, number 4.
  expect(set.images).toBe(12)
  await set.read(0, out, 0)
  expect(out).toEqual(renderFace({ seed: 1, identity: 4, sample: 0, nuisance: 0.5 }).data)
})
