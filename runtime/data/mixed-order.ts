/**
 * The order of an epoch of a mix with weights. The epoch has as many images as the mix, N. Part p has its share of them, N · weight p /
 * sum of weights, rounded so that all add up to N: its images are drawn in whole permutations, and the first images of one more for
 * the rest. So images of a part differ by at most one in how often they come, and each epoch draws others for the rest. Then the
 * images of all parts are shuffled. All of it is keyed by (seed, epoch) alone, like the order without weights.
 *
 * Legend: N images, P parts.
 */
import { fold, type Key, permutation } from '../random.ts'
import type { Collection } from './collection.ts'

export interface WeightedMix {
  /** Number of the first image of each part, and N; ascending, P + 1. */
  readonly firsts: readonly number[]
  /** P numbers above 0. */
  readonly weights: readonly number[]
}

/**
 * The mix that images `numberOf(0 … images - 1)` of a collection are, in ascending order; `undefined` if it has no weights, so that
 * each image comes once.
 */
export function weightedMix(
  { recipe, weights }: Pick<Collection, 'recipe' | 'weights'>,
  { images, numberOf }: { readonly images: number; numberOf(i: number): number },
): WeightedMix | undefined {
  if (weights === undefined || recipe.kind !== 'mixed') return undefined
  const sizes = weights.map(() => 0)
  for (let i = 0; i < images; i++) {
    const part = recipe.part[numberOf(i)] ?? 0
    sizes[part] = (sizes[part] ?? 0) + 1
  }
  const firsts = [0]
  for (const size of sizes) firsts.push((firsts.at(-1) ?? 0) + size)
  return { firsts, weights }
}

/** Images of each part in an epoch; parts without images have none. The largest remainders are rounded up, earlier parts first. */
export function partCounts({ firsts, weights }: WeightedMix): number[] {
  const images = firsts.at(-1) ?? 0
  const used = weights.map((weight, p) => ((firsts[p + 1] ?? 0) > (firsts[p] ?? 0) ? weight : 0))
  const total = used.reduce((sum, weight) => sum + weight, 0)
  const exact = used.map((weight) => (images * weight) / total)
  const counts = exact.map(Math.floor)
  const missing = images - counts.reduce((sum, count) => sum + count, 0)
  const byRemainder = exact
    .map((share, p) => ({ p, rest: used[p] === 0 ? -1 : share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.p - b.p)
  for (const { p } of byRemainder.slice(0, missing)) counts[p] = (counts[p] ?? 0) + 1
  return counts
}

/** The images of an epoch in their order, u32[N]; `key` is that of the order of the epoch. */
export function mixedOrder(key: Key, mix: WeightedMix): Uint32Array {
  const { firsts } = mix
  const drawn = new Uint32Array(firsts.at(-1) ?? 0)
  let at = 0
  for (const [p, count] of partCounts(mix).entries()) {
    const first = firsts[p] ?? 0
    const size = (firsts[p + 1] ?? 0) - first
    const partKey = fold(key, p)
    for (let left = count, round = 0; left > 0; round++) {
      const order = permutation(fold(partKey, round), size)
      const taken = Math.min(left, size)
      for (let i = 0; i < taken; i++) drawn[at++] = first + (order[i] ?? 0)
      left -= taken
    }
  }
  return permutation(key, drawn.length).map((i) => drawn[i] ?? 0)
}
