/**
 * Writes a value a second time, for a reader of its own. A value with two readers that cannot share a kernel is else written to
 * memory by a third one: the gradient behind a PReLU, which batch normalization's backward pass sums and then scales. Computed
 * twice from what lies in memory anyway it costs two fewer passes over the activations.
 *
 * Legend: c gradient of an activation, x convolution's result, [N,H,W,C] both.
 */
import { type Graph, operandAt, resultAt, type Value } from '../ir/graph.ts'
import { chainOf } from './chain.ts'
import { normalized } from './emit-norm.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { at } from './rule.ts'

/** More large tensors than these would cost as much to read again as the value. */
const maxLarge = 2

export interface Written {
  readonly graph: Graph
  /** What has been written so far. */
  readonly find: (value: Value) => Ssa
  /** Writes one op of the graph with other operands. */
  readonly write: (value: Value, operands: readonly Ssa[]) => Ssa
}

/** The value once more, from what lies in memory, or itself where that is not worth it. */
export function computeAgain(e: Emitter, value: Value, { graph, find, write }: Written): Ssa {
  const chain = chainOf(graph, value)
  if (chain === undefined || chain.large.size === 0 || chain.large.size > maxLarge) return find(value)
  const large = [...chain.large]
  // Behind a barrier, or the compiler would find both equal and join them.
  const apart = barrier(e, large.map(find))
  const again = new Map<Value, Ssa>(large.map((read, i) => [read, at(apart, i)]))
  const read = (found: Value) => again.get(found) ?? find(found)
  for (const found of chain.values) {
    const { op } = found
    again.set(
      found,
      op.kind === 'batch_norm_training'
        ? normalized(
            e,
            read(operandAt(op, 0)),
            {
              scale: find(operandAt(op, 1)),
              offset: find(operandAt(op, 2)),
              mean: find(resultAt(op, 1)),
              variance: find(resultAt(op, 2)),
            },
            op.params.epsilon,
          )
        : write(found, op.operands.map(read)),
    )
  }
  return read(value)
}
