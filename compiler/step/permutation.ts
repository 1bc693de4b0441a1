/**
 * A keyed bijection of [0, n), computed element by element without a table: the swap-or-not shuffle (Hoang, Morris, Rogaway,
 * CRYPTO 2012). Each round pairs x with k − x mod n and keeps or swaps the two by one random bit of the pair, so the inverse is
 * the same rounds in reverse order, and n need not be a power of two.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import { forLoop } from '../ir/loop.ts'
import * as ops from '../ir/ops.ts'
import { mix } from './random.ts'

/** More rounds than statistics can tell from a random permutation for practical shard sizes. */
const ROUNDS = 40

/** Enough work for one kernel of a device. */
const ROUNDS_PER_TRIP = 8

export interface Domain {
  /** u32, broadcast elementwise with x: the size n ≥ 1 and the key. */
  readonly size: Value
  readonly key: Value
}

/** π(x) for u32 x < n. */
export function permute(b: GraphBuilder, domain: Domain, x: Value): Value {
  return rounds(b, domain, x, (_, turn) => turn)
}

/** π⁻¹(x) for u32 x < n. */
export function unpermute(b: GraphBuilder, domain: Domain, x: Value): Value {
  return rounds(b, domain, x, (inner, turn) => ops.subtract(inner, ROUNDS - 1, turn))
}

/** A loop over all rounds: unrolled, they would take compilers many seconds. `roundOf` maps trip 0, 1 … to the round, u32 []. */
function rounds(
  b: GraphBuilder,
  domain: Domain,
  x: Value,
  roundOf: (inner: GraphBuilder, turn: Value) => Value,
): Value {
  const [result] = forLoop(b, ROUNDS / ROUNDS_PER_TRIP, [domain.size, domain.key], [x], (inside) => {
    const inner = inside.builder
    const [size, key] = inside.invariants
    const first = ops.multiply(inner, ops.convert(inner, inside.trip, 'u32'), ROUNDS_PER_TRIP)
    let current = need(inside.carried[0], 'x')
    for (let i = 0; i < ROUNDS_PER_TRIP; i++) {
      const round = roundOf(inner, ops.add(inner, first, i))
      current = swapOrNot(inner, { size: need(size, 'the size'), key: need(key, 'the key') }, current, round)
    }
    return [current]
  })
  return need(result, 'the image')
}

function swapOrNot(b: GraphBuilder, { size, key }: Domain, x: Value, round: Value): Value {
  const salt = ops.multiply(b, ops.add(b, round, 1), 0x9e3779b9)
  const roundKey = mix(b, ops.add(b, key, ops.broadcastScalar(b, salt, key.type.shape)))
  const pivot = ops.remainder(b, roundKey, size)
  const smaller = ops.compare(b, 'LT', pivot, x)
  const difference = ops.subtract(b, pivot, x)
  const partner = ops.select(b, smaller, ops.add(b, difference, size), difference)
  const larger = ops.maximum(b, x, partner)
  const bit = ops.and(b, mix(b, ops.xor(b, roundKey, mix(b, larger))), 1)
  return ops.select(b, ops.compare(b, 'EQ', bit, 1), partner, x)
}
