/**
 * Simulates a graph: the ops of a device in graph order, and the collectives concurrently on the links. An op waits for the
 * collectives that it reads from; other collectives are hidden behind the following ops.
 */
import { need } from '../../grammar/diagnostic.ts'
import { type OpCost, opCosts } from '../ir/cost.ts'
import type { Graph, Op, Value } from '../ir/graph.ts'
import { type DeviceRates, type Limit, limits } from './device-rates.ts'
import type { LinkRates } from './links.ts'

export interface Timeline {
  /** From the start of the first op to the end of the last one. */
  readonly seconds: number
  /** Seconds of ops by limit; together with `exposed` they add up to `seconds`. */
  readonly busy: { readonly [L in Limit]: number }
  /** Seconds in which the device waits for collectives. */
  readonly exposed: number
  /** Seconds of all collectives, hidden or not. */
  readonly links: number
}

/** An op at its simulated time, in seconds since the start of the step. */
export interface TimedOp {
  readonly op: Op
  /** Whether it runs on the links, beside the ops of the device. */
  readonly isOnLinks: boolean
  readonly start: number
  readonly end: number
}

/** `watch` receives the ops that take time, in the order in which they start on the device or on the links; a loop is one op. */
export function runOnPaper(
  graph: Graph,
  rates: DeviceRates,
  links: LinkRates,
  watch: (timed: TimedOp) => void = () => undefined,
): Timeline {
  return runOps(graph, rates, links, watch, false)
}

function runOps(
  graph: Graph,
  rates: DeviceRates,
  links: LinkRates,
  watch: (timed: TimedOp) => void,
  isInLoop: boolean,
): Timeline {
  const costs = new Map<Op, OpCost>(opCosts(graph).map((cost) => [cost.op, cost]))
  const busy = { compute: 0, memory: 0, overhead: 0 }
  /** When the results of collectives are available; all other values are available when the next op starts. */
  const ready = new Map<Value, number>()
  let now = 0
  let linksFree = 0
  let exposed = 0
  let onLinks = 0
  for (const op of graph.ops) {
    const cost = need(costs.get(op), 'the cost of an op')
    const given = op.operands.reduce((latest, value) => Math.max(latest, ready.get(value) ?? 0), 0)
    if (cost.class === 'collective') {
      const seconds = links.of(cost)
      const start = Math.max(linksFree, now, given)
      linksFree = start + seconds
      onLinks += seconds
      watch({ op, isOnLinks: true, start, end: linksFree })
      for (const value of op.results) ready.set(value, linksFree)
      continue
    }
    const inside = loopTime(op, rates, links)
    const own = inside === undefined ? rates.of(cost, isInLoop) : undefined
    if (inside === undefined && own?.seconds === 0) {
      // It is fused into its readers, and they wait instead.
      if (given > now) for (const value of op.results) ready.set(value, given)
      continue
    }
    exposed += Math.max(0, given - now)
    now = Math.max(now, given)
    const start = now
    if (own !== undefined) {
      busy[own.limit] += own.seconds
      now += own.seconds
    }
    if (inside !== undefined) {
      for (const limit of limits) busy[limit] += inside.busy[limit]
      exposed += inside.exposed
      onLinks += inside.links
      now += inside.seconds
    }
    watch({ op, isOnLinks: false, start, end: now })
  }
  exposed += Math.max(0, linksFree - now)
  return { seconds: Math.max(now, linksFree), busy, exposed, links: onLinks }
}

/** The iterations of a loop run in sequence. */
function loopTime(op: Op, rates: DeviceRates, links: LinkRates): Timeline | undefined {
  const [body] = op.regions
  if (op.kind !== 'for_loop' || body === undefined) return undefined
  const { trips } = op.params
  const { seconds, busy, exposed, links: onLinks } = runOps(body, rates, links, () => undefined, true)
  return {
    seconds: seconds * trips,
    busy: { compute: busy.compute * trips, memory: busy.memory * trips, overhead: busy.overhead * trips },
    exposed: exposed * trips,
    links: onLinks * trips,
  }
}
