/**
 * Small tensors that are repeated along dims of a large one, such as the means of a normalization.
 *
 * XLA for the CPU hands a reduction to a library of kernels together with the broadcast that follows, where the result is large: the
 * repeated tensor is stored, and what is computed from it too. Behind a barrier, the broadcast becomes a part of the loop that reads it.
 * vit_t at batch 32: a seventh of the step's memory.
 */
import { byteSize, elementCount } from '../ir/dtype.ts'
import { type Op, operandAt, resultAt, type Value } from '../ir/graph.ts'
import type { OpKind } from '../ir/op.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier } from './hlo.ts'
import { platformForms } from './platform-forms.ts'
import { at } from './rule.ts'

/** Elements from which on XLA stores a repeated tensor: 24 × 129 × 256 are not stored, 32 × 129 × 256 are. */
const stored = 2 ** 20
const given: ReadonlySet<OpKind> = new Set<OpKind>(['input', 'constant'])

/** Whether a tensor repeats a smaller one. */
export function isRepeated({ op, type }: Value): boolean {
  return op.kind === 'broadcast_in_dim' && op.operands.every((operand) => byteSize(operand.type) < byteSize(type))
}

/** The operands of an op, behind a barrier if XLA would store what it makes of them. */
export function keptSmall(e: Emitter, op: Op, operands: readonly Ssa[]): readonly Ssa[] {
  if (!platformForms[e.platform].storesRepeated || op.kind !== 'broadcast_in_dim') return operands
  const result = resultAt(op, 0)
  const isSmall = isRepeated(result) && elementCount(result.type.shape) >= stored
  return isSmall && !given.has(operandAt(op, 0).op.kind) ? [at(barrier(e, operands), 0)] : operands
}
