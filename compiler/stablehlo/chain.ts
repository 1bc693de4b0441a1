/**
 * The ops that compute a value from tensors in memory without storing anything in between: the work a kernel that reads the value
 * does itself.
 */
import { byteSize } from '../ir/dtype.ts'
import { fuse, isInner } from '../ir/fusion.ts'
import { type Graph, operandAt, type Value } from '../ir/graph.ts'

/** Tensors smaller than this number of bytes are per channel: reading them twice costs nothing. */
const small = 2 ** 16
/** A longer chain is not an activation with its mask. */
const maxOps = 64

export interface Chain {
  /** The computed values, operands first, the requested value last. */
  readonly values: readonly Value[]
  /** Large tensors in memory that the chain reads. */
  readonly large: ReadonlySet<Value>
}

/** `undefined` if the value itself is in memory, or needs more than elementwise work. */
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
