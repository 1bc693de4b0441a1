/**
 * The sums of residual streams, which programs for the CPU compute once and store.
 *
 * Every block of a residual network adds to the sum of all earlier blocks, and its branch and the backward pass read that sum. XLA's
 * CPU compiler computes elementwise ops inside each loop that reads them, so every block would compute the sum from the first block
 * on: the work grows with the square of the depth. The same holds for the sums of gradients on the way back. A barrier stops it. In
 * a vision transformer of 12 blocks that saves a third of the step, and changes neither results nor memory.
 *
 * A stored sum costs a pass over memory, which short chains of sums are not worth.
 */
import { byteSize } from '../ir/dtype.ts'
import { isInner } from '../ir/fusion.ts'
import { type Graph, type Op, resultAt, type Value } from '../ir/graph.ts'

/** Smaller tensors stay in a core's cache, in bytes. */
const large = 2 ** 18
/** Sums in a long chain. MobileFaceNet's longest has 6, that of a vision transformer of 12 blocks has 24. */
const long = 8

/**
 * The values to store: those in a long chain that more than one op reads and that would be computed from other large tensors with a
 * sum. A chain is a path of ops that a single loop would compute; its length is the number of sums of two tensors on it. A bias or
 * a number added to a tensor does not count.
 */
export function longSums(graph: Graph): ReadonlySet<Value> {
  const links = graph.ops.filter(isLink)
  const lengths = chainLengths(links)
  const readers = new Map<Value, number>()
  for (const op of graph.ops)
    for (const value of new Set(op.operands)) readers.set(value, (readers.get(value) ?? 0) + 1)
  const stored = new Set<Value>()
  /** Values whose loop would compute a sum. */
  const withSum = new Set<Value>()
  for (const op of links) {
    const value = resultAt(op, 0)
    if (!isSum(op) && !op.operands.some((operand) => withSum.has(operand))) continue
    const isLong = (lengths.get(value) ?? 0) >= long
    if (isLong && (readers.get(value) ?? 0) > 1) stored.add(value)
    else withSum.add(value)
  }
  return stored
}

/** The length of the longest chain through each link's value. */
function chainLengths(links: readonly Op[]): ReadonlyMap<Value, number> {
  const lengths = new Map<Value, number>()
  const lengthOf = (value: Value) => lengths.get(value) ?? 0
  for (const op of links) lengths.set(resultAt(op, 0), Math.max(0, ...op.operands.map(lengthOf)) + (isSum(op) ? 1 : 0))
  for (const op of links.toReversed())
    for (const operand of op.operands)
      if (lengths.has(operand)) lengths.set(operand, Math.max(lengthOf(operand), lengthOf(resultAt(op, 0))))
  return lengths
}

/** Whether the op's first result is large and computed inside the ops that read it. */
function isLink(op: Op): boolean {
  return isInner(op) && byteSize(resultAt(op, 0).type) >= large
}

function isSum(op: Op): boolean {
  return op.kind === 'add' && !op.operands.some(isRepeated)
}

/** Whether a tensor repeats the elements of a smaller one. */
function isRepeated({ op, type }: Value): boolean {
  if (op.kind === 'constant') return true
  return op.kind === 'broadcast_in_dim' && op.operands.every((operand) => byteSize(operand.type) < byteSize(type))
}
