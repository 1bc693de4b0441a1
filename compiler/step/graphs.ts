/** The three graphs of an experiment, and the meaning of their inputs and outputs. */
import { need } from '../../grammar/diagnostic.ts'
import type { Experiment, Recompute } from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import { deviceTraits } from '../ir/device-traits.ts'
import type { Graph } from '../ir/graph.ts'
import { recomputeCheap } from '../ir/recompute.ts'
import type { ClassShard } from '../ir/state-tensor.ts'
import { backboneParameters } from './backbone.ts'
import { type ChunkPlan, chunkPlan } from './chunk-plan.ts'
import { buildEmbed } from './embed.ts'
import { buildInit } from './init.ts'
import { lossScaleSlots } from './loss-scale.ts'
import { samplingPlan, slotCount } from './sampling.ts'
import { classShards, shardRows } from './shards.ts'
import { type StateSlot, stateSlots } from './state.ts'
import { buildStep } from './step.ts'

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
  readonly images: 'u8' | 'f32'
  /** Overrides the experiment's `train.recompute` and `centers.chunk`: a planner's choice for `auto`. */
  readonly recompute?: Recompute
  readonly chunk?: number
}

/** Builds them; `undefined` if the backbone's shapes do not fit (already reported), or the batch cannot be split. */
export function buildGraphs(experiment: Experiment, lengths: Lengths, options: GraphOptions): Graphs | undefined {
  const parameters = backboneParameters(experiment.backbone)
  if (parameters === undefined) return undefined
  const { centers, train, optimizer, backbone, machine } = experiment
  // Only a planner that tries other batch sizes gets here with one that cannot be split.
  if (train.batchPerDevice % train.accumulate !== 0) return undefined
  const traits = deviceTraits[machine.device.kind]
  const { classes, replicas } = lengths
  const sharded = centers.placement === 'shard'
  const shards = sharded
    ? classShards(classes, replicas)
    : Array.from({ length: replicas }, () => ({ start: 0, count: classes }))
  const owned = sharded ? shardRows(classes, replicas) : classes
  const plan =
    centers.sampleRate < 1 ? samplingPlan(classes, sharded ? replicas : 1, centers.sampleRate, owned) : undefined
  const activeRows = plan === undefined ? owned : slotCount(plan, lengths.batch)
  const compared = sharded ? lengths.batch : train.batchPerDevice
  const widest = Math.max(compared, backbone.embedding)
  const chunks = chunkPlan(activeRows, widest, options.chunk ?? centers.chunk)
  const slots = [
    ...stateSlots(parameters, optimizer, centers, {
      // Rows of a sample are found by number; if all classes take part, the last chunk needs padding rows.
      rows: plan === undefined ? chunks.padded : owned,
      embedding: backbone.embedding,
      synced: train.batchNorm === 'synced',
      filters: traits.filters,
    }),
    ...(train.precision === 'f16' ? lossScaleSlots() : []),
  ]
  const embedState = slots.flatMap((slot, i) => (slot.backbone === undefined ? [] : [i]))
  const embedSlots = embedState.map((i) => need(slots[i], 'a slot').tensor)
  const embedBatch = train.batchPerDevice / train.accumulate
  const embedOptions = { images: options.images, replicas, batch: embedBatch, compute: train.precision }
  const init = lazy(() => buildInit(slots, shards, train.seed))
  const embed = lazy(() => buildEmbed(embedSlots, backbone, embedOptions))
  const { steps, stepsPerEpoch } = lengths
  const recompute = options.recompute ?? train.recompute
  const step = buildStep(experiment, parameters, slots, shards, {
    images: options.images,
    steps,
    stepsPerEpoch,
    sampling: plan === undefined ? undefined : { plan, slots: chunks.padded },
    chunks: chunks.count,
    grouped: traits.groupsGradients,
    recompute,
  })
  return {
    slots,
    shards,
    get init() {
      return init()
    },
    step: recompute === 'cheap' ? recomputeCheap(step) : step,
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
