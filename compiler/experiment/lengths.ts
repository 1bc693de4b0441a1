/** The counts that the graphs and the plan of an experiment rest on: classes, images, world size, batch, steps. */
import type { Experiment } from './experiment.ts'

export interface Lengths {
  readonly classes: number
  readonly images: number
  readonly replicas: number
  /** Images of one step on all devices. */
  readonly batch: number
  readonly stepsPerEpoch: number
  readonly epochs: number
  readonly steps: number
}

export function worldSize(experiment: Experiment): number {
  return experiment.machine.nodes * experiment.machine.devicesPerNode
}
