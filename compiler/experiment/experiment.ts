/** A resolved experiment: everything static is evaluated; backbone, margin, optimizer and schedule can be applied to tensors. */

import type { Span } from '../../grammar/source.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { TensorType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import type { NormScope } from '../ir/weight-norms.ts'
import type { centers, checkpoint, evaluate, experimentBody, log, train } from '../schema/experiment.ts'
import type {
  dataset,
  device,
  machine,
  marginLosses,
  requireQuantities,
  start,
  verification,
} from '../schema/objects.ts'
import type { FieldPath, ObjectValues, Resolved, SectionValues, Settled } from '../schema/values.ts'
import type { Elaboration, OutlineGraph, ParameterSpec } from '../values/elaboration.ts'
import type { AugmentSpec } from './augmentation.ts'

/** Fields can be `auto`; `SettledExperiment` has no such fields. */
export interface Experiment {
  readonly name: string
  readonly doc: string | undefined
  readonly span: Span
  readonly dataset: DatasetSpec
  readonly backbone: Backbone
  readonly margin: Margin
  readonly optimizer: Optimizer
  /** The same without weight decay, for weights that `train.decay` excludes; `undefined` if it excludes none. */
  readonly undecayed: Optimizer | undefined
  readonly centersOptimizer: Optimizer
  readonly schedule: Schedule
  readonly machine: MachineSpec
  readonly centers: CentersSpec
  readonly train: TrainSpec
  readonly augment: AugmentSpec
  /** `train.start` */
  readonly startFrom: StartSpec | undefined
  readonly evaluate: EvaluateSpec
  readonly checkpoint: CheckpointSpec
  readonly log: LogSpec
  readonly requires: readonly RequireSpec[]
  /** What is required of figures that only the run has. */
  readonly runRequires: readonly RunRequirement[]
  /** Every field including defaults, as `path = value` in `.arc` text with its place: the record of a run's settings. */
  readonly resolved: readonly ResolvedField[]
  /** Settings that differ from the defaults, for display. */
  readonly changes: TrainingChanges
  /** The place of the value of a field; for a default, that of the experiment's name. */
  spanOf(path: ExperimentPath): Span
  /** The place in the file of the effective value of a field, or of one inside its object (`machine.nodes`); otherwise `undefined`. */
  writtenSpan(path: string): Span | undefined
  /** The values of fields and of the arguments of their objects, each with the place where it was written. */
  places(): readonly PlacedValue[]
}

/** The path of a field: `train.batch`. */
export type ExperimentPath = FieldPath<typeof experimentBody>

export type TrainSpec = Omit<SectionValues<typeof train>, 'optimizer' | 'schedule' | 'augment' | 'start'>
export type CentersSpec = Omit<SectionValues<typeof centers>, 'optimizer'>
/** A verification set from a list of pairs. */
export interface PairListSpec extends ObjectValues<typeof verification> {
  /** The name of its declaration. */
  readonly name: string
}

/** Names of verification sets, paths of `.bin` files, and lists. */
export type EvaluateSpec = Resolved<SectionValues<typeof evaluate>, 'sets', readonly (string | PairListSpec)[]>
/** Weights to start from, instead of those that `init` draws. */
export interface StartSpec extends ObjectValues<typeof start> {
  /** The name of its declaration. */
  readonly name: string
}
export type CheckpointSpec = SectionValues<typeof checkpoint>

/** Where a server listens. */
export interface NetworkAddress {
  /** A name or an address. */
  readonly host: string
  readonly port: number
}

export type LogSpec = Resolved<SectionValues<typeof log>, 'prometheus', NetworkAddress | undefined>

/** An experiment in which the planner has replaced `auto`, except for the chunks of the head. */
export interface ChosenExperiment extends Experiment {
  readonly train: Settled<TrainSpec>
  readonly centers: Settled<CentersSpec, 'chunk'>
}

/** An experiment without `auto`, from which graphs and plans are built. */
export interface SettledExperiment extends ChosenExperiment {
  readonly centers: Settled<CentersSpec>
}

/** Whether the planner has nothing left to choose except the chunks of the head. */
export function isChosen(experiment: Experiment): experiment is ChosenExperiment {
  const { chunk, ...centers } = experiment.centers
  return ![...Object.values(experiment.train), ...Object.values(centers)].includes('auto')
}

/** The origin of the value of a field; `override`: `--set`. */
export const fieldOrigins = ['file', 'default', 'override'] as const

/** A field and its value as `.arc` text. */
export interface ChangedField {
  readonly path: string
  readonly value: string
}

/** An object by the name of its declaration, with the fields that differ from their defaults. */
export interface ChangedObject {
  readonly name: string
  readonly changed: readonly ChangedField[]
}

/** What an experiment sets beyond the defaults. */
export interface TrainingChanges {
  /** Fields of the experiment. */
  readonly fields: readonly ChangedField[]
  readonly start: ChangedObject | undefined
  /** The augmentations in order; `undefined` for the default ones. */
  readonly augment: readonly ChangedObject[] | undefined
}

export interface ResolvedField {
  readonly path: string
  readonly text: string
  readonly origin: (typeof fieldOrigins)[number]
  /** Whether it equals the default, even if it is written. */
  readonly isDefault: boolean
}

/** A value with the place where it was written. */
export interface PlacedValue {
  readonly path: string
  /** As `.arc` text. */
  readonly text: string
  readonly origin: (typeof fieldOrigins)[number]
  /** The expression that gave it; `undefined` for the default of a field. */
  readonly span: Span | undefined
  /** The declaration whose parameter has this default: `arcface`. */
  readonly owner?: string
}

export interface DatasetSpec extends Omit<ObjectValues<typeof dataset>, 'parts'> {
  readonly name: string
  /** The sets of a mix. */
  readonly mixed: readonly DatasetSpec[] | undefined
  readonly span: Span
}

export interface Backbone {
  readonly name: string
  /** Height, width, channels. */
  readonly input: readonly [number, number, number]
  readonly embedding: number
  /** Weights and buffers of evaluation, in declaration order. */
  readonly parameters: readonly ParameterSpec[]
  /** `undefined` if training or another number of images may have other weights and buffers. */
  readonly outline: OutlineGraph | undefined
  /**
   * Adds the backbone to the graph: images [N,H,W,C] f32 in [-1, 1] → embeddings [N,D] f32. Shape errors are reported to the bag
   * with which the experiment was resolved; the result is then `undefined`.
   */
  apply(elaboration: Elaboration, images: Value): Value | undefined
  readonly span: Span
}

/**
 * What the methods of a margin can read beside the cosine, by name. Of rows (`norm`, `own`, `noise`, `count`, `own_count`): f32 [B], or
 * [B,1] next to the cosines [B,K] of other classes, whose `count` is [1,K]. Of the step (`step`, `fewest`, `most`, and states by their
 * full names): f32 []. `total`, `epoch` and `classes` are numbers.
 */
export type MarginValues = ReadonlyMap<string, Value | number>

/** What a method of a margin reads beside the cosine and its states, and the values with respect to which it has a gradient. */
export interface MarginNeeds {
  readonly reads: ReadonlySet<string>
  readonly varying: ReadonlySet<string>
}

export interface Margin {
  readonly name: string
  /** For display: `arcface(m: 0.5 rad, scale: 64)`. */
  readonly text: string
  readonly scale: number
  readonly loss: (typeof marginLosses)[number]
  /** Full names of the numbers kept from step to step, which `update` replaces: `margin.mean`, `margin.inner.mean` of a margin inside. */
  readonly states: readonly string[]
  /** Those of the trained numbers. */
  readonly learned: readonly string[]
  /** The first values of both, in a run with this many classes; `undefined` after reported errors. */
  firstValues(classes: number): ReadonlyMap<string, number> | undefined
  /** By method; empty for one that the margin does not have. */
  readonly needs: { readonly [M in 'target' | 'other' | 'penalty' | 'update']: MarginNeeds }
  /** Cosines of the true classes → cosines with margin; elementwise, for any shape. */
  target(builder: GraphBuilder, cos: Value, values?: MarginValues): Value
  /** The same for the cosines of the other classes; `undefined` if they are unchanged. */
  readonly other: ((builder: GraphBuilder, cos: Value, values?: MarginValues) => Value) | undefined
  /** The term of each row of the loss, of the given type; `undefined` if there is none. */
  readonly penalty: ((builder: GraphBuilder, values: MarginValues, rows: TensorType) => Value) | undefined
  /** The new states by full name, f32 [], from values of the whole batch, which have no gradient; `undefined` without states. */
  readonly update: ((builder: GraphBuilder, values: MarginValues) => ReadonlyMap<string, Value>) | undefined
  readonly span: Span
}

/** Tensors of one shape; `rate` and `step` are f32[] scalars. */
interface OptimizerOperands {
  readonly weight: Value
  readonly gradient: Value
  readonly rate: Value
  readonly step: Value
  readonly states: ReadonlyMap<string, Value>
  readonly norms: NormScope
}

interface OptimizerUpdate {
  readonly weight: Value
  /** New states by name. */
  readonly states: ReadonlyMap<string, Value>
}

export interface Optimizer {
  readonly name: string
  readonly text: string
  readonly lr: number
  /** The names and initial values of its states per weight. */
  readonly states: readonly { readonly name: string; readonly initial: number }[]
  update(builder: GraphBuilder, operands: OptimizerOperands): OptimizerUpdate
  readonly span: Span
}

export interface Schedule {
  readonly name: string
  readonly text: string
  /** f32[] step (from 0), with the static lengths of the run → f32[] factor. */
  factor(builder: GraphBuilder, step: Value, total: number, epoch: number): Value
  /** The same on the host, for the curve in the plan. */
  factorAt(step: number, total: number, epoch: number): number
  readonly span: Span
}

export interface DeviceSpec extends ObjectValues<typeof device> {
  /** The field `name`; default: the name of the declaration. */
  readonly name: string
}

type Links = ObjectValues<typeof machine>['links']

/** The machine's fields and links. */
export interface MachineSpec extends Omit<ObjectValues<typeof machine>, 'device' | 'links'>, Links {
  readonly name: string
  readonly device: DeviceSpec
  readonly span: Span
}

/** How a `require` compares a figure of the plan with its bound. */
export const comparisons = ['<', '<=', '>', '>='] as const

/** A bound of a figure of the run; it is checked when the run ends. */
export interface RunRequirement {
  /** `run.loss`, or `verification.lfw.accuracy`. */
  readonly figure: string
  /** The verification set of an accuracy. */
  readonly set: string | undefined
  readonly operator: (typeof comparisons)[number]
  readonly bound: number
  /** As written. */
  readonly text: string
}

export interface RequireSpec {
  readonly quantity: keyof typeof requireQuantities
  readonly operator: (typeof comparisons)[number]
  /** The bound in base units. */
  readonly bound: number
  readonly span: Span
}
