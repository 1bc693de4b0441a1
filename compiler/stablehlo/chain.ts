/**
 * The ops that compute a value from tensors in memory, without writing anything between: what a kernel that reads the value computes
 * inside.
 */
import { byteSize } from '../ir/dtype.ts'
import { fuse, isInner } from '../ir/fusion.ts'
import { type Graph, operandAt, type Value } from '../ir/graph.ts'

/** Tensors below so many bytes are per channel: reading them twice is free. */
const small = 2 ** 16
/** A chain longer than this is no activation with its mask. */
const maxOps = 64

export interface Chain {
  /** What is computed, operands first, the value last. */
  readonly values: readonly Value[]
  /** Large tensors in memory that are read for it. */
  readonly large: ReadonlySet<Value>
}

/** `undefined` where the value itself lies in memory, or takes more than elementwise work. */
export function chainOf(graph: Graph, value: Value): Chain | undefined {
  const { stored } = fuse(graph)
  const seen = new Set<Value>()
  const values: Value[] = []
  const large = new Set<Value>()
  const visit = (found: Value): boolean => {
    if (seen.has(found)) return true
    seen.add(found)
    const { op } = found
    if (byteSize(found.type) < small) return true
    if (stored.has(found) || op.kind === 'input') {
      large.add(found)
      return true
    }
    if (!isInner(op) || found.index !== 0 || op.kind === 'batch_norm_grad') return false
    const read = op.kind === 'batch_norm_training' ? [operandAt(op, 0)] : op.operands
    if (!read.every(visit)) return false
    values.push(found)
    return values.length <= maxOps
  }
  return visit(value) && values.length > 0 ? { values, large } : undefined
}
