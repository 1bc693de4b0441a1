/**
 * How the devices exchange their softmax statistics: the way that takes the links less time. Gathering takes the fewest rounds, but sends
 * bytes that grow with the number of devices times the batch of all of them.
 *
 * Legend: B rows of the batch.
 */
import type { ChosenExperiment } from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import { GraphBuilder } from '../ir/build.ts'
import { opCosts } from '../ir/cost.ts'
import type { Graph } from '../ir/graph.ts'
import { joinOverReplicas, type StatisticsExchange } from '../step/softmax-statistics.ts'
import type { PlanDocument } from './document.ts'
import { type LinkRates, publishedLinks } from './links.ts'

export type PlannedExchange = NonNullable<PlanDocument['exchange']>

/**
 * `undefined` where there is nothing to exchange. By the published figures of the links even where this computer's were measured: the
 * two ways round differently, and a file has the same bits however its computer was measured.
 */
export function planExchange(experiment: ChosenExperiment, lengths: Lengths): PlannedExchange | undefined {
  const { centers, machine } = experiment
  if (lengths.replicas === 1 || centers.placement !== 'shard') return undefined
  const links = publishedLinks(machine)
  const gather = costOf(links, exchangeGraph('gather', experiment, lengths))
  const reduce = costOf(links, exchangeGraph('reduce', experiment, lengths))
  return { chosen: reduce.seconds < gather.seconds ? 'reduce' : 'gather', gather, reduce }
}

/** Bytes that a device sends, and seconds; the exchanges depend on each other, so none is hidden. */
function costOf(links: LinkRates, graph: Graph): { readonly wireBytes: number; readonly seconds: number } {
  const costs = opCosts(graph).filter((cost) => cost.class === 'collective')
  return {
    wireBytes: Math.round(costs.reduce((sum, { wireBytes }) => sum + wireBytes, 0)),
    seconds: costs.reduce((sum, cost) => sum + links.of(cost), 0),
  }
}

/** The exchange alone, as in the step. */
function exchangeGraph(
  exchange: StatisticsExchange,
  { centers, margin, train }: ChosenExperiment,
  { replicas, batch }: Lengths,
): Graph {
  const b = new GraphBuilder('softmax statistics', replicas)
  const perRow = (name: string) => b.input(name, { dtype: 'f32', shape: [batch] })
  const own = {
    max: perRow('max'),
    sum: perRow('sum'),
    target: perRow('target'),
    logits: train.labelSmoothing === 0 ? undefined : perRow('logits'),
  }
  const classes = centers.sampleRate < 1 ? b.input('classes', { dtype: 'f32', shape: [] }) : undefined
  const { statistics } = joinOverReplicas(b, { exchange, loss: margin.loss }, { statistics: own, classes })
  return b.finish([
    { name: 'max', value: statistics.max },
    { name: 'sum', value: statistics.sum },
  ])
}
