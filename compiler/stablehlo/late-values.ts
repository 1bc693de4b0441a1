/**
 * What the backward pass reads of the forward pass, in programs for a compiler that merges equal computations and stores the result.
 *
 * The distances of a normalization from its mean, for example, follow from its input, which is in memory anyway. Read by both passes,
 * they would be kept too: a large tensor for each layer. The backward pass computes them itself, from behind a barrier.
 *
 * The limits of an activation are the other way around: their result is in memory, and computing it again would keep their operand. The
 * backward pass reads the result from behind a barrier.
 */
import { byteSize } from '../ir/dtype.ts'
import { fuse } from '../ir/fusion.ts'
import type { Value } from '../ir/graph.ts'
import type { OpKind } from '../ir/op.ts'
import { isLimit } from '../ir/vjp-limits.ts'
import type { Written } from './compute-again.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { isRepeated } from './repeated.ts'
import { at } from './rule.ts'

/** Smaller tensors take no memory that counts, in bytes. */
const large = 2 ** 18
/** Ops that take less time than to read their result. */
const cheap: ReadonlySet<OpKind> = new Set<OpKind>([
  'add',
  'subtract',
  'multiply',
  'maximum',
  'minimum',
  'negate',
  'compare',
  'select',
])

/** Finds values for ops of the backward pass; `stored` are those that are in memory besides those of the model of fusion. */
export function lateValues(
  e: Emitter,
  { graph, find, write }: Written,
  stored: ReadonlySet<Value>,
): (value: Value) => Ssa {
  const fusion = fuse(graph)
  const isStored = (value: Value) => stored.has(value) || fusion.stored.has(value) || value.op.kind === 'input'
  const known = new Map<Value, Ssa>()
  const isSmall = (value: Value) => byteSize(value.type) < large
  /** Whether a value follows from tensors in memory and small ones by one cheap op. */
  const isLate = (value: Value) =>
    !isSmall(value) &&
    !isStored(value) &&
    value.op.origin.phase === 'forward' &&
    cheap.has(value.op.kind) &&
    value.op.operands.every((operand) => isStored(operand) || isRepeated(operand) || isSmall(operand))
  const isLimited = ({ op }: Value) => op.origin.phase === 'forward' && isLimit(op)
  const fromMemory = (value: Value): Ssa => {
    if (isSmall(value) || !isStored(value)) return find(value)
    const found = known.get(value) ?? at(barrier(e, [find(value)]), 0)
    known.set(value, found)
    return found
  }
  return (value) => {
    if (isLimited(value)) return fromMemory(value)
    if (!isLate(value)) return find(value)
    const found = known.get(value) ?? write(value, value.op.operands.map(fromMemory))
    known.set(value, found)
    return found
  }
}
