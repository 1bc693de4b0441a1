/**
 * Writes a value a second time, for a reader of its own. A value with two readers that cannot share a kernel is else written to
 * memory by a third one: the gradient behind a PReLU, which batch normalization's backward pass sums and then scales. Computed
 * twice from what lies in memory anyway it costs two fewer passes over the activations.
 *
 * Legend: c gradient of an activation, x convolution's result, [N,H,W,C] both.
 */
import { byteSize } from '../ir/dtype.ts'
import { fuse, isInner } from '../ir/fusion.ts'
import { type Graph, operandAt, resultAt, type Value } from '../ir/graph.ts'
import { normalized } from './emit-norm.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { at } from './rule.ts'

/** Tensors below so many bytes are per channel: reading them twice is free. */
const small = 2 ** 16
/** More large tensors than these would cost as much to read again as the value. */
const maxLarge = 2
/** A chain longer than this is no mask of an activation. */
const maxOps = 64

export interface Written {
  readonly graph: Graph
  /** What has been written so far. */
  readonly find: (value: Value) => Ssa
  /** Writes one op of the graph with other operands. */
  readonly write: (value: Value, operands: readonly Ssa[]) => Ssa
}

interface Chain {
  /** In an order in which operands come first. */
  readonly values: readonly Value[]
  /** Large tensors in memory that the chain reads. */
  readonly large: readonly Value[]
}

/** What lies between a value and memory; `undefined` where the value itself is in memory or takes too much to compute. */
function chainOf(value: Value, { stored }: { readonly stored: ReadonlySet<Value> }): Chain | undefined {
  const seen = new Set<Value>()
  const values: Value[] = []
  const large: Value[] = []
  const visit = (found: Value): boolean => {
    if (seen.has(found)) return true
    seen.add(found)
    const { op } = found
    if (stored.has(found) || op.kind === 'input' || byteSize(found.type) < small) {
      if (byteSize(found.type) >= small) large.push(found)
      return large.length <= maxLarge
    }
    if (!isInner(op) || found.index !== 0 || op.kind === 'batch_norm_grad') return false
    const read = op.kind === 'batch_norm_training' ? [operandAt(op, 0)] : op.operands
    if (!read.every(visit)) return false
    values.push(found)
    return values.length <= maxOps
  }
  return visit(value) && values.length > 0 && large.length > 0 ? { values, large } : undefined
}

/** The value once more, from what lies in memory, or itself where that is not worth it. */
export function computeAgain(e: Emitter, value: Value, { graph, find, write }: Written): Ssa {
  const chain = chainOf(value, fuse(graph))
  if (chain === undefined) return find(value)
  // Behind a barrier, or the compiler would find both equal and join them.
  const apart = barrier(e, chain.large.map(find))
  const again = new Map<Value, Ssa>(chain.large.map((read, i) => [read, at(apart, i)]))
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
