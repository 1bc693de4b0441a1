/**
 * A keyed bijection of [0, n), element by element and without a table: the swap-or-not shuffle (Hoang, Morris, Rogaway, CRYPTO
 * 2012). Each round pairs x with k − x mod n and keeps or swaps the two by one random bit of the pair, so the inverse is the same
 * rounds in reverse order, and n need not be a power of two.
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { mix } from './random.ts'

/** More rounds than statistics can tell from a random permutation for the shard sizes that occur. */
const ROUNDS = 40

export interface Domain {
  /** u32, elementwise beside x: the size n ≥ 1 and the key. */
  readonly size: Value
  readonly key: Value
}

/** π(x) for u32 x < n. */
export function permute(b: GraphBuilder, domain: Domain, x: Value): Value {
  let current = x
  for (let round = 0; round < ROUNDS; round++) current = swapOrNot(b, domain, current, round)
  return current
}

/** π⁻¹(x) for u32 x < n. */
export function unpermute(b: GraphBuilder, domain: Domain, x: Value): Value {
  let current = x
  for (let round = ROUNDS - 1; round >= 0; round--) current = swapOrNot(b, domain, current, round)
  return current
}

function swapOrNot(b: GraphBuilder, { size, key }: Domain, x: Value, round: number): Value {
  const roundKey = mix(b, ops.add(b, key, Math.imul(round + 1, 0x9e3779b9) >>> 0))
  const pivot = ops.remainder(b, roundKey, size)
  const smaller = ops.compare(b, 'LT', pivot, x)
  const difference = ops.subtract(b, pivot, x)
  const partner = ops.select(b, smaller, ops.add(b, difference, size), difference)
  const larger = ops.maximum(b, x, partner)
  const bit = ops.and(b, mix(b, ops.xor(b, roundKey, mix(b, larger))), 1)
  return ops.select(b, ops.compare(b, 'EQ', bit, 1), partner, x)
}
