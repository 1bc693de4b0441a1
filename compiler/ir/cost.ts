/** The cost of a graph: the costs of its ops with loops unrolled, and memory traffic after fusion. */

import { type CostClass, costClasses } from './cost-rules.ts'
import { type Fusion, fuse, isView } from './fusion.ts'
import type { Graph, Op, Phase } from './graph.ts'

/** Per replica. */
interface Cost {
  /** Floating-point (or integer) operations; a multiply-add counts as two. */
  readonly flops: number
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Sent to other replicas. */
  readonly wireBytes: number
}

export interface OpCost extends Cost {
  readonly op: Op
  readonly class: CostClass
  /** How often the op runs per run of the graph; the figures are for one run of the op. */
  readonly times: number
}

const known = new WeakMap<Graph, readonly OpCost[]>()

/** The costs of all ops in order, including those in loop bodies. An op that is fused into another one moves no bytes. */
export function opCosts(graph: Graph): readonly OpCost[] {
  let costs = known.get(graph)
  if (costs === undefined) {
    costs = costsInside(graph, 1)
    known.set(graph, costs)
  }
  return costs
}

function costsInside(graph: Graph, times: number): OpCost[] {
  const fusion = fuse(graph)
  const costs: OpCost[] = []
  for (const op of graph.ops) {
    costs.push(costOf(op, times, fusion))
    const trips = op.kind === 'for_loop' ? op.params.trips : 1
    for (const region of op.regions) costs.push(...costsInside(region, times * trips))
  }
  return costs
}

function costOf(op: Op, times: number, fusion: Fusion): OpCost {
  const rule = fusion.ruleOf(op)
  const idle = rule.class === 'free' || isView(op, fusion) || !op.results.some((value) => fusion.stored.has(value))
  let written = 0
  if (!idle) for (const value of op.results) if (fusion.stored.has(value)) written += rule.writes[value.index] ?? 0
  return {
    op,
    times,
    class: rule.class,
    flops: rule.flops,
    bytesRead: idle ? 0 : total(fusion.readsOf(op).values()) * readings(op, fusion),
    bytesWritten: written,
    wireBytes: rule.wireBytes,
  }
}

/**
 * Batch normalization reads its input once for its sums, and once more to compute its first result if that is stored in memory.
 */
function readings(op: Op, fusion: Fusion): number {
  const [first] = op.results
  const twice = op.kind === 'batch_norm_training' || op.kind === 'batch_norm_grad'
  return twice && first !== undefined && fusion.stored.has(first) ? 2 : 1
}

function total(values: Iterable<number>): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

export interface GraphCost extends Cost {
  readonly byClass: { readonly [C in CostClass]: Cost }
  readonly byPhase: ReadonlyMap<Phase, Cost>
}

/** The sums over one run of a graph on one replica. */
export function graphCost(graph: Graph): GraphCost {
  const costs = opCosts(graph)
  const phases = new Set(costs.map((cost) => cost.op.origin.phase))
  const byClass = Object.fromEntries(costClasses.map((c) => [c, sumCosts(costs.filter((cost) => cost.class === c))]))
  return {
    ...sumCosts(costs),
    byClass: byClass as { readonly [C in CostClass]: Cost },
    byPhase: new Map(
      Array.from(phases, (phase) => [phase, sumCosts(costs.filter((cost) => cost.op.origin.phase === phase))]),
    ),
  }
}

function sumCosts(costs: readonly OpCost[]): Cost {
  const sum = (figure: (cost: OpCost) => number) => total(costs.map((cost) => cost.times * figure(cost)))
  return {
    flops: sum((cost) => cost.flops),
    bytesRead: sum((cost) => cost.bytesRead),
    bytesWritten: sum((cost) => cost.bytesWritten),
    wireBytes: sum((cost) => cost.wireBytes),
  }
}
