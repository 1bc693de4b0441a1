/**
 * A plan: the graphs of one experiment, what their inputs and outputs stand for, and the document that describes it. The runtime
 * needs nothing else of the compiler.
 *
 * Legend: b batch of one device, H W image height and width, D embedding width.
 */
import type { CheckpointSpec, DatasetSpec, EvaluateSpec, MachineSpec } from '../experiment.ts'
import type { DType } from '../ir/dtype.ts'
import type { Graph } from '../ir/graph.ts'
import type { PlanDocument } from './document.ts'

/** A tensor by the name that people and files have for it. */
export interface NamedTensor {
  /** `layer1.0.bn1.weight`, `layer1.0.bn1.weight.velocity`, `centers`, `centers.velocity`, `loss_scale.factor` */
  readonly name: string
  /** On one device, in the order of dims in which networks are written: filters are [kh,kw,I,O]. */
  readonly shape: readonly number[]
  /** Dims in arcface_torch's state dict: filters [kh,kw,I,O] are `oihw` there. */
  readonly layout: 'same' | 'oihw'
}

/**
 * How a state tensor holds what it holds: one tensor as it is; one filter [kh,kw,I,O] as [O,kh,kw,I], which is the order that cuDNN
 * reads; or several vectors one after another.
 */
export type Storage = 'whole' | 'ohwi' | 'flat'

/** One tensor that lives from step to step: an input of the step, and the output that takes its place. */
export interface StateTensor {
  /** That of the only tensor in it, or `*vectors`, `*vectors.velocity`, `*statistics`. */
  readonly name: string
  readonly role: 'parameter' | 'buffer' | 'optimizer' | 'scaler' | 'centers' | 'centers_optimizer'
  /** As it is stored on one device. */
  readonly shape: readonly number[]
  readonly dtype: DType
  /** `replicated`: equal on all devices. `local`: each device has its own (running statistics). `sharded`: a part of the classes. */
  readonly placement: 'replicated' | 'local' | 'sharded'
  readonly storage: Storage
  /** In the order in which they are stored. */
  readonly holds: readonly NamedTensor[]
}

/** Classes of one device: [start, start + count). */
export interface ClassShard {
  readonly start: number
  readonly count: number
}

export interface Plan {
  readonly name: string
  readonly document: PlanDocument
  /** World size. */
  readonly replicas: number
  readonly state: readonly StateTensor[]
  /** In replica order; of `replicate`d centers every device has all. */
  readonly shards: readonly ClassShard[]
  readonly graphs: {
    /** No inputs → the state. */
    readonly init: Graph
    /** State, images u8 [b,H,W,3], labels i32 [b], flip u8 [b], step i32 [] (from 0) → state, then `stepMetrics`, f32 [5]. */
    readonly step: Graph
    /** Parameters and buffers, images u8 [b,H,W,3] → embeddings of the images and of their mirror images, f32 [b,D] each. */
    readonly embed: Graph
  }
  /** Indices into `state` of the inputs of `embed`. */
  readonly embedState: readonly number[]
  readonly run: RunSpec
}

/**
 * What a step says of itself, in this order in one tensor. `loss_scale` is 1 but with f16; `skipped` is 1 where a gradient was not
 * finite and the weights stayed, else 0.
 */
export const stepMetrics = ['loss', 'gradient_norm', 'rate', 'loss_scale', 'skipped'] as const
export type StepMetric = (typeof stepMetrics)[number]

/** What the training loop needs to know beyond the graphs. */
export interface RunSpec {
  readonly dataset: DatasetSpec
  readonly evaluate: EvaluateSpec
  readonly checkpoint: CheckpointSpec
  readonly machine: MachineSpec
  readonly batchPerDevice: number
  /** Images of one device in one run of `embed`. */
  readonly embedBatch: number
  readonly epochs: number
  readonly steps: number
  readonly stepsPerEpoch: number
  readonly flip: boolean
  readonly seed: number
  /** Height, width, channels. */
  readonly image: readonly [number, number, number]
  readonly embedding: number
  readonly classes: number
}
