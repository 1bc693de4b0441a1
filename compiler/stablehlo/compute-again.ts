/**
 * Emits a value a second time, for a single reader. Otherwise, a value with two readers that cannot share a kernel is stored in
 * memory by a third kernel: for example the gradient after a PReLU, which batch normalization's backward pass sums and then
 * scales. Computing it twice from tensors that are in memory anyway saves two passes over the activations.
 *
 * Legend: c gradient of an activation, x convolution's result, [N,H,W,C] both.
 */
import { type Graph, operandAt, resultAt, type Value } from '../ir/graph.ts'
import { chainOf } from './chain.ts'
import { normalized } from './emit-norm.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { at } from './rule.ts'

/** Reading more large tensors than this again would cost as much as reading the value. */
const maxLarge = 2

export interface Written {
  readonly graph: Graph
  /** The values emitted so far. */
  readonly find: (value: Value) => Ssa
  /** Emits one op of the graph with other operands. */
  readonly write: (value: Value, operands: readonly Ssa[]) => Ssa
}

/** The value recomputed from tensors in memory, or the value itself if recomputing does not pay off. */
export function computeAgain(e: Emitter, value: Value, { graph, find, write }: Written): Ssa {
  const chain = chainOf(graph, value)
  if (chain === undefined || chain.large.size === 0 || chain.large.size > maxLarge) return find(value)
  const large = [...chain.large]
  // Through a barrier; otherwise the compiler would merge the two equal computations.
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
