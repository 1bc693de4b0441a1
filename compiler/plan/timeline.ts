/**
 * Runs a graph on paper: the device's ops one after another in the order of the graph, collectives beside them on the links. An
 * op waits for the collectives that it reads from; what nothing waits for is hidden behind the ops that come next.
 */
import { need } from '../../grammar/diagnostic.ts'
import { type OpCost, opCosts } from '../ir/cost.ts'
import type { Graph, Op, Value } from '../ir/graph.ts'
import { type DeviceRates, type Limit, limits } from './device-rates.ts'
import type { LinkRates } from './links.ts'

export interface Timeline {
  /** From the first op's start to the last one's end. */
  readonly seconds: number
  /** Seconds of ops by what limits them; they add up, with `exposed`, to `seconds`. */
  readonly busy: { readonly [L in Limit]: number }
  /** Seconds in which the device waits for a collective. */
  readonly exposed: number
  /** Seconds of all collectives, hidden or not. */
  readonly links: number
}

export function runOnPaper(graph: Graph, rates: DeviceRates, links: LinkRates): Timeline {
  const costs = new Map<Op, OpCost>(opCosts(graph).map((cost) => [cost.op, cost]))
  const busy = { compute: 0, memory: 0, overhead: 0 }
  /** When values that come from a collective exist; all others exist when the op after theirs starts. */
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
      linksFree = Math.max(linksFree, now, given) + seconds
      onLinks += seconds
      for (const value of op.results) ready.set(value, linksFree)
      continue
    }
    const inside = loopTime(op, rates, links)
    const own = inside === undefined ? rates.of(cost) : undefined
    if (inside === undefined && own?.seconds === 0) {
      // It runs inside of its readers: they are the ones that wait.
      if (given > now) for (const value of op.results) ready.set(value, given)
      continue
    }
    exposed += Math.max(0, given - now)
    now = Math.max(now, given)
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
  }
  exposed += Math.max(0, linksFree - now)
  return { seconds: Math.max(now, linksFree), busy, exposed, links: onLinks }
}

/** A loop's trips follow one another. */
function loopTime(op: Op, rates: DeviceRates, links: LinkRates): Timeline | undefined {
  const [body] = op.regions
  if (op.kind !== 'for_loop' || body === undefined) return undefined
  const { trips } = op.params
  const { seconds, busy, exposed, links: onLinks } = runOnPaper(body, rates, links)
  return {
    seconds: seconds * trips,
    busy: { compute: busy.compute * trips, memory: busy.memory * trips, overhead: busy.overhead * trips },
    exposed: exposed * trips,
    links: onLinks * trips,
  }
}
