/** The counts that the graphs and the plan of an experiment use: classes, images, world size, batch, steps. */
import type { ChosenExperiment, Experiment, MachineSpec } from './experiment.ts'

type Batch = ChosenExperiment['train']['batch']

export interface Lengths {
  readonly classes: number
  readonly images: number
  /** What the data set has besides these images, for people. */
  readonly leftOut?: string
  readonly replicas: number
  /** Images per step over all devices. */
  readonly batch: number
  readonly stepsPerEpoch: number
  readonly epochs: number
  readonly steps: number
}

/** The number of devices of all computers of a machine: the replicas of every program. */
export function worldSize({ nodes, devicesPerNode }: Pick<MachineSpec, 'nodes' | 'devicesPerNode'>): number {
  return nodes * devicesPerNode
}

/** Images per step on one device. */
export function batchPerDevice(
  experiment: { readonly train: { readonly batch: Batch } } & Pick<Experiment, 'machine'>,
): number {
  const { count, scope } = experiment.train.batch
  return scope === 'global' ? count / worldSize(experiment.machine) : count
}
