/** The rows that an op moves between a table and a tensor of its own, such as a chunk of the class centers. */
import { type Op, operandAt, resultAt, type Value } from './graph.ts'

/** What an op writes into a table; `undefined` for ops that write none. */
export function rowsWritten(op: Op): Value | undefined {
  if (op.kind === 'dynamic_update_slice') return operandAt(op, 1)
  return op.kind === 'scatter_rows' ? operandAt(op, 2) : undefined
}

/** What an op reads out of a table or writes into it; `undefined` for ops that do neither. */
export function rowsMoved(op: Op): Value | undefined {
  return op.kind === 'dynamic_slice' || op.kind === 'gather_rows' ? resultAt(op, 0) : rowsWritten(op)
}
