/** The three graphs of an experiment, and the meaning of their inputs and outputs. */
import type { ChosenExperiment, SettledExperiment } from '../experiment/experiment.ts'
import { batchPerDevice, type Lengths } from '../experiment/lengths.ts'
import { lrScale } from '../experiment/lr-scale.ts'
import { isFrozenBuffer } from '../experiment/parameter-paths.ts'
import { deviceTraits } from '../ir/device-traits.ts'
import type { Graph } from '../ir/graph.ts'
import { recomputeCheap } from '../ir/recompute.ts'
import type { ClassShard } from '../ir/state-tensor.ts'
import { backboneParameters } from './backbone.ts'
import { type ChunkPlan, chunkPlan, chunksOf } from './chunk-plan.ts'
import { countSlots } from './class-counts.ts'
import { buildEmbed } from './embed.ts'
import type { ImageDType } from './images.ts'
import { buildInit } from './init.ts'
import { lossScaleSlots } from './loss-scale.ts'
import { marginSlots } from './margin-state.ts'
import { samplingPlan, slotCount } from './sampling.ts'
import { classShards, shardRows } from './shards.ts'
import type { StatisticsExchange } from './softmax-statistics.ts'
import { type StateSlot, stateSlots } from './state.ts'
import { buildStep } from './step.ts'
import { weightRules } from './weight-rules.ts'

/** `init` and `embed` are built on first access: planning does not need them. */
export interface Graphs {
  readonly slots: readonly StateSlot[]
  readonly shards: readonly ClassShard[]
  readonly init: Graph
  readonly step: Graph
  readonly embed: Graph
  /** Maximum number of center rows in a step on one device. */
  readonly activeRows: number
  /** How the head chunks them. */
  readonly chunks: ChunkPlan
  /** Indices into `slots` of the inputs of `embed`. */
  readonly embedState: readonly number[]
  /** Images per device in one run of `embed`. */
  readonly embedBatch: number
}

export interface GraphOptions {
  readonly images: ImageDType
  /** How devices with sharded centers exchange softmax statistics; without meaning otherwise. */
  readonly exchange: StatisticsExchange
}

/** The center rows of one device. */
function headRows(experiment: ChosenExperiment, { classes, replicas, batch }: Lengths) {
  const { centers } = experiment
  const sharded = centers.placement === 'shard'
  const owned = sharded ? shardRows(classes, replicas) : classes
  const plan =
    centers.sampleRate < 1 ? samplingPlan(classes, sharded ? replicas : 1, centers.sampleRate, owned) : undefined
  return { sharded, owned, plan, active: plan === undefined ? owned : slotCount(plan, batch) }
}

/** The experiment with the rows per chunk of the head, chosen if `auto`. */
export function settleChunk(experiment: ChosenExperiment, lengths: Lengths): SettledExperiment {
  const { sharded, active } = headRows(experiment, lengths)
  const compared = sharded ? lengths.batch : batchPerDevice(experiment)
  const widest = Math.max(compared, experiment.backbone.embedding) * experiment.centers.perClass
  const { chunkBytes } = deviceTraits[experiment.machine.device.kind]
  const { rows } = chunkPlan({ rows: active, width: widest, bytes: chunkBytes }, experiment.centers.chunk)
  return { ...experiment, centers: { ...experiment.centers, chunk: rows } }
}

/** Builds the graphs; `undefined` if the backbone's shapes do not fit (already reported) or the batch cannot be split. */
export function buildGraphs(
  experiment: SettledExperiment,
  lengths: Lengths,
  options: GraphOptions,
): Graphs | undefined {
  const parameters = backboneParameters(experiment.backbone)
  if (parameters === undefined) return undefined
  const { specs } = parameters
  const { centers, train, backbone, machine } = experiment
  // Only a planner looking for another batch comes here with one that cannot be split.
  const embedBatch = batchPerDevice(experiment) / train.accumulate
  if (!Number.isInteger(embedBatch)) return undefined
  const traits = deviceTraits[machine.device.kind]
  const { classes, replicas } = lengths
  const { sharded, owned, plan, active: activeRows } = headRows(experiment, lengths)
  const shards = sharded
    ? classShards(classes, replicas)
    : Array.from({ length: replicas }, () => ({ start: 0, count: classes }))
  const chunks = chunksOf(activeRows, centers.chunk)
  // Rows of a sample are found by number; if all classes take part, the last chunk needs padding rows.
  const rows = plan === undefined ? chunks.padded : owned
  const slots = [
    ...stateSlots(specs, experiment, {
      ruleOf: weightRules(experiment, parameters.matrices),
      isFrozenBuffer: (path) => isFrozenBuffer(path, train),
      averaged: train.average !== undefined,
      rows,
      width: backbone.embedding * centers.perClass,
      synced: train.batchNorm === 'synced',
      filters: traits.filters,
    }),
    ...(train.precision === 'f16' ? lossScaleSlots() : []),
    ...marginSlots(experiment, classes),
    ...countSlots(experiment, rows),
  ]
  // Averages take the place of their weights.
  const ofBackbone = slots.filter((slot) => slot.backbone !== undefined)
  const averages = new Map(slots.map((slot, i) => [slot.averageOf, i]))
  const embedState = ofBackbone.map((slot) => averages.get(slot.tensor.name) ?? slots.indexOf(slot))
  const embedSlots = ofBackbone.map((slot) => slot.tensor)
  const embedOptions = {
    images: options.images,
    replicas,
    batch: embedBatch,
    compute: train.precision,
    mirrored: true,
  }
  const init = lazy(() => buildInit(slots, shards, train.seed))
  const embed = lazy(() => buildEmbed(embedSlots, backbone, embedOptions))
  const { steps, stepsPerEpoch } = lengths
  const step = buildStep(experiment, specs, slots, shards, {
    images: options.images,
    classes,
    steps,
    stepsPerEpoch,
    lrScale: lrScale(train, lengths.batch),
    sampling: plan === undefined ? undefined : { plan, slots: chunks.padded },
    chunks: chunks.count,
    grouped: traits.groupsGradients,
    exchange: options.exchange,
  })
  return {
    slots,
    shards,
    get init() {
      return init()
    },
    step: train.recompute === 'cheap' ? recomputeCheap(step) : step,
    get embed() {
      return embed()
    },
    activeRows,
    chunks,
    embedState,
    embedBatch,
  }
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
