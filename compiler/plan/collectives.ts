/** The collectives of a step: the ops of the graph that communicate with other devices. */

import { opCosts } from '../ir/cost.ts'
import { byteSize } from '../ir/dtype.ts'
import type { Graph } from '../ir/graph.ts'
import type { PlanDocument } from './document.ts'

type Collective = PlanDocument['collectives'][number]

/** One line per kind and purpose in execution order; none on one device. */
export function listCollectives(step: Graph): Collective[] {
  if (step.replicas === 1) return []
  const lines = new Map<string, Collective>()
  for (const { op, times, wireBytes } of opCosts(step)) {
    if (op.kind !== 'all_reduce' && op.kind !== 'all_gather' && op.kind !== 'reduce_scatter') continue
    const bytes = op.operands.reduce((sum, operand) => sum + byteSize(operand.type), 0)
    const key = `${op.kind} ${op.origin.path}`
    const known = lines.get(key)
    lines.set(key, {
      kind: op.kind,
      what: op.origin.path,
      bytes: (known?.bytes ?? 0) + bytes * times,
      wireBytes: Math.round((known?.wireBytes ?? 0) + wireBytes * times),
      count: (known?.count ?? 0) + times,
    })
  }
  return [...lines.values()]
}
