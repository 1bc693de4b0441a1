/** A resolved experiment: everything static is evaluated; backbone, margin, optimizer and schedule can still be applied. */
import type { Span } from '../../grammar/source.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import type { centers, checkpoint, evaluate, experimentBody, train } from '../schema/experiment.ts'
import type { dataset, device, machine, requireQuantities } from '../schema/objects.ts'
import type { FieldPath, ObjectValues, SectionValues, Settled } from '../schema/values.ts'
import type { Elaboration } from '../values/elaboration.ts'

/** Fields that are `auto` are still open; `SettledExperiment` has none. */
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
  readonly requires: readonly RequireSpec[]
  /** Every field, defaults included, as `path = value` in `.arc` text with its place: the run's record of what it was. */
  readonly resolved: readonly ResolvedField[]
  /** Where the value of a field is written; the experiment's name where it is a default. */
  spanOf(path: ExperimentPath): Span
  /** Where the file writes the value that counts, at a field or inside of its object (`machine.nodes`); `undefined` elsewhere. */
  writtenSpan(path: string): Span | undefined
}

/** The path of a field: `train.batch`. */
export type ExperimentPath = FieldPath<typeof experimentBody>

export type TrainSpec = Omit<SectionValues<typeof train>, 'optimizer' | 'schedule'>
export type CentersSpec = SectionValues<typeof centers>
export type EvaluateSpec = SectionValues<typeof evaluate>
export type CheckpointSpec = SectionValues<typeof checkpoint>

/** An experiment in which the planner has put values in the place of `auto`, but for the pieces of the head's work. */
export interface ChosenExperiment extends Experiment {
  readonly train: Settled<TrainSpec>
  readonly centers: Settled<CentersSpec, 'chunk'>
}

/** An experiment without `auto`: graphs and plans are made of it. */
export interface SettledExperiment extends ChosenExperiment {
  readonly centers: Settled<CentersSpec>
}

/** Whether nothing is left for the planner to choose but the pieces of the head's work. */
export function isChosen(experiment: Experiment): experiment is ChosenExperiment {
  const { chunk, ...centers } = experiment.centers
  return ![...Object.values(experiment.train), ...Object.values(centers)].includes('auto')
}

/** Where the value of a field comes from; `override`: `--set`. */
export const fieldOrigins = ['file', 'default', 'override'] as const

export interface ResolvedField {
  readonly path: string
  readonly text: string
  readonly origin: (typeof fieldOrigins)[number]
}

export interface DatasetSpec extends ObjectValues<typeof dataset> {
  readonly name: string
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

export interface DeviceSpec extends ObjectValues<typeof device> {
  /** That of the declaration where it has no field `name`. */
  readonly name: string
}

type Links = ObjectValues<typeof machine>['links']

/** With its links beside the other fields. */
export interface MachineSpec extends Omit<ObjectValues<typeof machine>, 'device' | 'links'>, Links {
  readonly name: string
  readonly device: DeviceSpec
  readonly span: Span
}

/** How a `require` compares a figure of the plan with its bound. */
export const comparisons = ['<', '<=', '>', '>='] as const

export interface RequireSpec {
  readonly quantity: keyof typeof requireQuantities
  readonly operator: (typeof comparisons)[number]
  /** In base units. */
  readonly bound: number
  readonly span: Span
}
