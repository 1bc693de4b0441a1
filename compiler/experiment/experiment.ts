/** A resolved experiment: everything static is evaluated; backbone, margin, optimizer and schedule can still be applied. */
import type { Span } from '../../grammar/source.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { DeviceKind } from '../ir/device-kind.ts'
import type { DType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import type { Elaboration } from '../values/elaboration.ts'
import type { DurationValue, Link } from '../values/value.ts'

export interface Experiment {
  readonly name: string
  readonly doc: string | undefined
  readonly span: Span
  readonly dataset: DatasetSpec
  readonly backbone: Backbone
  readonly margin: Margin
  readonly optimizer: Optimizer
  readonly schedule: Schedule
  readonly machine: MachineSpec
  readonly centers: CentersSpec
  readonly train: TrainSpec
  readonly evaluate: EvaluateSpec
  readonly checkpoint: CheckpointSpec
  /** Fields that say `auto`. What they hold here is only a start: the planner sets them. */
  readonly open: { readonly batch: boolean; readonly placement: boolean }
  readonly requires: readonly RequireSpec[]
  /** Every field, defaults included, as `path = value` in `.arc` text with its place: the run's record of what it was. */
  readonly resolved: readonly ResolvedField[]
}

export interface ResolvedField {
  readonly path: string
  readonly text: string
  readonly origin: 'file' | 'default' | 'override'
}

export interface DatasetSpec {
  readonly name: string
  readonly format: 'synthetic' | 'folder' | 'recordio'
  /** `pending` says what names the folder at the start of the run. */
  readonly root: { readonly path: string; readonly pending: string | undefined } | undefined
  readonly identities: number | undefined
  readonly images: number | undefined
  readonly perIdentity: number | undefined
  readonly holdout: number
  readonly seed: number
  readonly nuisance: number
  readonly span: Span
}

export interface Backbone {
  readonly name: string
  /** Height, width, channels. */
  readonly input: readonly [number, number, number]
  readonly embedding: number
  /**
   * Adds the backbone to the graph: images [N,H,W,C] f32 in [-1, 1] → embeddings [N,D] f32. Shape mistakes are reported to the
   * bag that the experiment was resolved with; the result is then `undefined`.
   */
  apply(elaboration: Elaboration, images: Value): Value | undefined
  readonly span: Span
}

export interface Margin {
  readonly name: string
  /** For people: `arcface(m: 0.5 rad, scale: 64)`. */
  readonly text: string
  readonly scale: number
  /** Cosines of the true classes → cosines with margin; elementwise, any shape. */
  target(builder: GraphBuilder, cos: Value): Value
  /** Cosines of the other classes; `undefined` where they stay as they are. */
  readonly other: ((builder: GraphBuilder, cos: Value) => Value) | undefined
  readonly span: Span
}

export interface OptimizerUpdate {
  readonly weight: Value
  /** By state name. */
  readonly states: ReadonlyMap<string, Value>
}

export interface Optimizer {
  readonly name: string
  readonly text: string
  readonly lr: number
  /** Names and initial values of what it keeps per weight. */
  readonly states: readonly { readonly name: string; readonly initial: number }[]
  /** Elementwise on tensors of one shape; `rate` and `step` are f32[] scalars. */
  update(
    builder: GraphBuilder,
    operands: { weight: Value; gradient: Value; rate: Value; step: Value; states: ReadonlyMap<string, Value> },
  ): OptimizerUpdate
  readonly span: Span
}

export interface Schedule {
  readonly name: string
  readonly text: string
  /** f32[] step (from 0), with the run's static lengths → f32[] factor. */
  factor(builder: GraphBuilder, step: Value, total: number, epoch: number): Value
  /** The same on the host, for the plan's curve. */
  factorAt(step: number, total: number, epoch: number): number
  readonly span: Span
}

export interface DeviceSpec {
  readonly name: string
  readonly kind: DeviceKind
  /** What its driver calls it; `undefined` where nothing is said. */
  readonly driver: string | undefined
  readonly compute: number | undefined
  /** Bytes. */
  readonly memory: number
  readonly reserve: number
  /** Bytes per second. */
  readonly bandwidth: number
  /** FLOP per second. */
  readonly flops: { readonly f32: number; readonly f16: number | undefined; readonly bf16: number | undefined }
  readonly source: string | undefined
}

export interface MachineSpec {
  readonly name: string
  readonly nodes: number
  readonly devicesPerNode: number
  /** CPU cores of one computer. */
  readonly cores: number | undefined
  readonly device: DeviceSpec
  /** Whether it is the computer that arcc runs on, so that what was measured there counts. */
  readonly local: boolean
  readonly within: Link
  readonly between: Link | undefined
  readonly span: Span
}

export interface CentersSpec {
  readonly placement: 'shard' | 'replicate'
  /** In (0, 1]. */
  readonly sampleRate: number
  readonly update: 'sparse' | 'dense'
  readonly gradient: 'exact' | 'straight_through'
  readonly std: number
  /** How the centers and what the optimizer keeps of them are stored; all else computes in f32. */
  readonly weights: CenterDType
  readonly state: CenterDType | 'int8'
  /** Rows of one piece of the head's work; `auto`: `chunkPlan` chooses. */
  readonly chunk: number | 'auto'
  readonly spans: { readonly sampleRate: Span; readonly placement: Span; readonly chunk: Span }
}

export type CenterDType = Extract<DType, 'f32' | 'bf16'>

/**
 * What the backward pass makes again instead of keeping: nothing; normalizations and activations (`cheap`: no convolution and no
 * product twice); or whole blocks of the backbone.
 */
export type Recompute = 'none' | 'cheap' | 'blocks'

export interface TrainSpec {
  readonly batchPerDevice: number
  /** Whether the file gives the batch of one device, or that of all devices together. */
  readonly batchScope: 'device' | 'global'
  /** Parts of that batch which the backbone works on one after the other; they divide it. */
  readonly accumulate: number
  readonly epochs: number | undefined
  readonly steps: number | undefined
  readonly precision: Extract<DType, 'f32' | 'bf16' | 'f16'>
  /** Statistics of the device's batch, or of the global one. */
  readonly batchNorm: 'local' | 'synced'
  /** In which the backbone's gradients are summed over the devices. */
  readonly reduction: Extract<DType, 'f32' | 'bf16' | 'f16'>
  readonly recompute: Recompute | 'auto'
  readonly clip: number | undefined
  readonly flip: boolean
  readonly seed: number
  readonly spans: { readonly batch: Span; readonly precision: Span; readonly recompute: Span }
}

export interface EvaluateSpec {
  /** `holdout`, a set's name, or a path that ends in `.bin`. */
  readonly sets: readonly string[]
  readonly every: DurationValue | undefined
  readonly pairs: number
}

export interface CheckpointSpec {
  readonly every: DurationValue | undefined
  readonly keep: number
}

export interface RequireSpec {
  readonly quantity: 'memory.peak' | 'throughput' | 'step.time'
  readonly operator: '<' | '<=' | '>' | '>='
  /** In base units. */
  readonly bound: number
  readonly span: Span
}
