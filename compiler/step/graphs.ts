/** The three graphs of an experiment and what their inputs and outputs stand for. */
import { need } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment.ts'
import type { Graph } from '../ir/graph.ts'
import type { Lengths } from '../plan/lengths.ts'
import type { ClassShard } from '../plan/plan.ts'
import { backboneParameters } from './backbone.ts'
import { buildEmbed } from './embed.ts'
import { buildInit } from './init.ts'
import { samplingPlan, slotCount } from './sampling.ts'
import { classShards, shardRows } from './shards.ts'
import { type StateSlot, stateSlots } from './state.ts'
import { buildStep } from './step.ts'

/** `init` and `embed` are built when they are first read: a plan on paper does without them. */
export interface Graphs {
  readonly slots: readonly StateSlot[]
  readonly shards: readonly ClassShard[]
  readonly init: Graph
  readonly step: Graph
  readonly embed: Graph
  /** Center rows that enter a step on one device at the most. */
  readonly activeRows: number
  /** Indices into `slots` of the inputs of `embed`. */
  readonly embedState: readonly number[]
}

export interface GraphOptions {
  readonly images: 'u8' | 'f32'
}

/** Builds them; `undefined` where the backbone's shapes do not fit, which has been reported then. */
export function buildGraphs(experiment: Experiment, lengths: Lengths, options: GraphOptions): Graphs | undefined {
  const parameters = backboneParameters(experiment.backbone)
  if (parameters === undefined) return undefined
  const { centers, train, optimizer, backbone } = experiment
  const { classes, replicas } = lengths
  const sharded = centers.placement === 'shard'
  const shards = sharded
    ? classShards(classes, replicas)
    : Array.from({ length: replicas }, () => ({ start: 0, count: classes }))
  const rows = sharded ? shardRows(classes, replicas) : classes
  const slots = stateSlots(parameters, optimizer, {
    rows,
    embedding: backbone.embedding,
    std: centers.std,
    placement: centers.placement,
  })
  const sampling =
    sharded && centers.sampleRate < 1 ? samplingPlan(classes, replicas, centers.sampleRate, rows) : undefined
  const embedState = slots.flatMap((slot, i) => (slot.parameter === undefined ? [] : [i]))
  const embedSlots = embedState.map((i) => need(slots[i], 'a slot'))
  const embedOptions = { ...options, replicas, batch: train.batchPerDevice, compute: train.precision }
  const init = lazy(() => buildInit(slots, shards, train.seed))
  const embed = lazy(() => buildEmbed(embedSlots, backbone, embedOptions))
  const { steps, stepsPerEpoch } = lengths
  return {
    slots,
    shards,
    get init() {
      return init()
    },
    step: buildStep(experiment, slots, shards, { ...options, steps, stepsPerEpoch, sampling, chunks: 1 }),
    get embed() {
      return embed()
    },
    activeRows: sampling === undefined ? rows : slotCount(sampling, lengths.batch),
    embedState,
  }
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
