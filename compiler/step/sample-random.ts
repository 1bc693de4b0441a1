/**
 * The random numbers of a training step that belong to samples: for drop path, dropout and patch masks.
 *
 * Legend: N samples of one device, k numbers of one of them.
 */
import type { GraphBuilder } from '../ir/build.ts'
import { elementCount } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { keyOf, mix, unitRows } from './random.ts'

/**
 * Returns f32 [N,…] in (0, 1], keyed by (seed, path, step, row of the sample in the global batch, element), so that neither the
 * number of devices nor a recomputation changes it. `step` is i32 []; `first` is u32 [], the row of the first sample.
 */
export function sampleRandom(
  b: GraphBuilder,
  seed: number,
  step: Value,
  first: Value,
): (path: string, shape: readonly number[]) => Value {
  return (path, shape) => {
    const [rows = 0, ...rest] = shape
    const key = mix(b, ops.xor(b, ops.convert(b, step, 'u32'), keyOf(seed, `random numbers of ${path}`)))
    return ops.reshape(b, unitRows(b, key, first, [rows, elementCount(rest)]), shape)
  }
}
