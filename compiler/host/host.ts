/** What the compiler may ask of the world: read-only, and replaced by a table in tests. */
import type { DatasetSpec } from '../experiment/experiment.ts'
import type { SourceHost } from '../names/source-host.ts'
import type { LocalMachine } from './local-machine.ts'
import type { MachineProfile } from './machine-profile.ts'

/** What is really there: identities to train on (held-out ones are not among them) and their images. */
export interface DatasetCounts {
  readonly identities: number
  readonly images: number
}

export interface Host extends SourceHost {
  /** An environment variable; `undefined` where it is not set. */
  env(name: string): string | undefined
  /** Counts a data set that lies on this computer; `undefined` where it does not. */
  countDataset(spec: DatasetSpec): DatasetCounts | undefined
  /** What was measured of this computer; `undefined` where nothing was. */
  machineProfile(): MachineProfile | undefined
  /** The devices of this computer. */
  localMachine(): LocalMachine
}
