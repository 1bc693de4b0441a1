/**
 * A plan: the graphs of one experiment, the meaning of their inputs and outputs, and the document that describes it. The runtime
 * needs nothing else from the compiler.
 *
 * Legend: b batch of one device, H W image height and width, D embedding width.
 */
import type { AugmentSpec } from '../experiment/augmentation.ts'
import type {
  CheckpointSpec,
  DatasetSpec,
  EvaluateSpec,
  LogSpec,
  MachineSpec,
  RunRequirement,
  StartSpec,
  TrainSpec,
} from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import type { Graph } from '../ir/graph.ts'
import type { ClassShard, StateTensor } from '../ir/state-tensor.ts'
import type { PlanDocument } from './document.ts'

export type { AugmentOp, AugmentOpOf, AugmentSpec, Interpolation } from '../experiment/augmentation.ts'
export type { NetworkAddress } from '../experiment/experiment.ts'

export interface Plan {
  readonly name: string
  readonly document: PlanDocument
  /** World size. */
  readonly replicas: number
  readonly state: readonly StateTensor[]
  /** In replica order; with `replicate`, every device has all classes. */
  readonly shards: readonly ClassShard[]
  readonly graphs: {
    /** No inputs → the state. */
    readonly init: Graph
    /** State, images u8 [b,H,W,3], labels i32 [b], flip u8 [b], step i32 [] (from 0) → state, then `stepMetrics`, f32 [5]. */
    readonly step: Graph
    /** Parameters and buffers, images u8 [b,H,W,3] → embeddings of the images and of their mirror images, f32 [b,D] each. */
    readonly embed: Graph
  }
  /** The indices in `state` of the inputs of `embed`. */
  readonly embedState: readonly number[]
  readonly run: RunSpec
}

type Counts = Pick<Lengths, 'classes' | 'epochs' | 'steps' | 'stepsPerEpoch'>

/** How images become embeddings: what embedding them needs to know of a network, with or without training. */
export interface EmbedShape {
  /** Images per device in one execution of `embed`. */
  readonly embedBatch: number
  /** Height, width, channels. */
  readonly image: readonly [number, number, number]
  /** D. */
  readonly embedding: number
}

/** The data that the training loop needs in addition to the graphs. */
export interface RunSpec extends Counts, EmbedShape, Pick<TrainSpec, 'seed' | 'workers' | 'onNonFinite' | 'watchdog'> {
  readonly augment: AugmentSpec
  readonly dataset: DatasetSpec
  readonly evaluate: EvaluateSpec
  readonly checkpoint: CheckpointSpec
  readonly requires: readonly RunRequirement[]
  readonly startFrom: StartSpec | undefined
  readonly log: LogSpec
  readonly machine: MachineSpec
  readonly batchPerDevice: number
  /** Centers of each class. */
  readonly perClass: number
}
