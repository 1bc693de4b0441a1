/** The compiler's read-only access to the outside world; tests replace it by a table. */
import type { DatasetSpec } from '../experiment/experiment.ts'
import type { CpuKernels } from '../ir/cpu-kernels.ts'
import type { SourceHost } from '../names/source-host.ts'
import type { LocalMachine } from './local-machine.ts'
import type { MachineProfile } from './machine-profile.ts'

/** The actual counts: identities for training (without held-out ones) and their images. */
export interface DatasetCounts {
  readonly identities: number
  readonly images: number
  /** What the data set has besides these images, for people. */
  readonly leftOut?: string
}

/** A data set that is on this computer and cannot be used. */
export interface DatasetFault {
  /** What is wrong, on one line. */
  readonly fault: string
  /** Its parts and the remedy, a line each. */
  readonly details: readonly string[]
}

export interface Host extends SourceHost {
  /** An environment variable; `undefined` if it is not set. */
  env(name: string): string | undefined
  /** Counts a data set on this computer, or finds what is wrong with it; `undefined` if it is not there. */
  countDataset(spec: DatasetSpec): DatasetCounts | DatasetFault | undefined
  /** The measurements of this computer by `arcc doctor --write-machine`; `undefined` if there are none. */
  machineProfile(): MachineProfile | undefined
  /**
   * The same for plans on its CPU: without that command's, those of the first plan. It may take seconds, in which they are measured.
   */
  cpuProfile(): MachineProfile | undefined
  /** What a run on this computer's CPU will compute with; `undefined` if that is not looked for. */
  cpuKernels(): CpuKernels | undefined
  /** The devices of this computer. */
  localMachine(): LocalMachine
}
