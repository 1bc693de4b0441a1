/**
 * Randomness in training. A number depends only on the seed, the step, the path of the enclosing block and the sample's row in
 * the global batch: any number of devices draws the same.
 *
 * Legend: N samples of one device, T tokens.
 */
import * as ops from '../ir/ops.ts'
import type { Bool, Call, Tensor, Tokens } from './types.ts'

/** Whether this is a training step; nothing is dropped in evaluation. */
export function training(call: Call): Bool {
  const model = call.model()
  model.vary?.()
  return model.mode === 'train'
}

function draw(call: Call, what: string, x: Tensor, perSample: readonly number[]): Tensor {
  const { random } = call.model()
  if (random === undefined)
    return call.fail('ARC4025', { what }, { notes: ['call it only in training: `if training() then … else x`'] })
  return random(call.path, [x.type.shape[0] ?? 0, ...perSample])
}

/**
 * Uniform numbers in (0, 1], redrawn in every step: one per element of x, or with `per_sample` one per sample, repeated over its
 * elements. Two calls in one block draw the same numbers. f32.
 */
export function random(call: Call, x: Tensor, per_sample: Bool = false): Tensor {
  const { shape } = x.type
  const [, ...rest] = shape
  if (!per_sample) return draw(call, '`random`', x, rest)
  return ops.broadcastVector(call.graph(), draw(call, '`random`', x, []), shape, 0)
}

/** A random order of the tokens of each sample of x [N,T,C], redrawn in every step: a permutation of 0 to T−1, [N,T] of i32. */
export function random_order(call: Call, x: Tokens): Tensor {
  const [n = 0, count = 0] = x.type.shape
  const b = call.graph()
  const numbers = draw(call, '`random_order`', x, [count])
  // Each token's rank among the numbers of its sample. Equal numbers, one pair in 2^24, keep their order.
  const shape = [n, count, count]
  const own = ops.broadcastTo(b, numbers, shape, [0, 1])
  const other = ops.broadcastTo(b, numbers, shape, [0, 2])
  const before = ops.compare(b, 'LT', ops.iota(b, { dtype: 'i32', shape }, 2), ops.iota(b, { dtype: 'i32', shape }, 1))
  const isTie = ops.and(b, ops.compare(b, 'EQ', other, own), before)
  const isLess = ops.or(b, ops.compare(b, 'LT', other, own), isTie)
  return ops.sumOver(b, ops.convert(b, isLess, 'i32'), [2])
}
