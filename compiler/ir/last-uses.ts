/** When values are read for the last time: what frees memory, shares buffers and cuts a graph into blocks goes by it. */
import { need } from '../../grammar/diagnostic.ts'
import type { Op, Value } from './graph.ts'

/**
 * The index in `ops` of the last op that reads each value; `ops.length` for values in `outlives`, and no entry for what nothing
 * reads. Every operand precedes its use in `ops`. An op whose result `isInside` others is computed when those run, and reads
 * its own operands then.
 */
export function lastUses(
  ops: readonly Op[],
  outlives: readonly Value[],
  isInside: (value: Value) => boolean = () => false,
): ReadonlyMap<Value, number> {
  const last = new Map<Value, number>()
  for (const value of outlives) last.set(value, ops.length)
  // Backwards: the readers of a result are known before the op that makes it.
  for (let at = ops.length - 1; at >= 0; at--) {
    const op = need(ops[at], 'an op')
    let used = at
    for (const value of op.results) if (isInside(value)) used = Math.max(used, last.get(value) ?? at)
    for (const operand of op.operands) if ((last.get(operand) ?? -1) < used) last.set(operand, used)
  }
  return last
}
