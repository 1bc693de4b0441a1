/** What the compiler may ask of the world: read-only, and replaced by a table in tests. */
import type { SourceFile } from '../grammar/source.ts'
import type { DatasetSpec } from './experiment.ts'
import type { MachineProfile } from './plan/machine-profile.ts'

/** What is really there: identities to train on (held-out ones are not among them) and their images. */
export interface DatasetCounts {
  readonly identities: number
  readonly images: number
}

/** A GPU as its driver describes it. */
export interface LocalGpu {
  /** The driver's: `NVIDIA H100 80GB HBM3`. */
  readonly name: string
  /** Bytes. */
  readonly memory: number
  /** CUDA compute capability: 9.0. */
  readonly compute: number
}

/** This computer as it is found. */
export interface LocalMachine {
  readonly gpus: readonly LocalGpu[]
  /** Whether every two of them reach each other over NVLink. */
  readonly nvlink: boolean
  /** Cores of the CPU, and bytes of its memory. */
  readonly cores: number
  readonly memory: number
}

export interface Host {
  /** A file by the path as written, relative to where `arcc` was started; `undefined` where there is none. */
  readSource(path: string): SourceFile | undefined
  /** A module of the standard library: `backbones` gives `std/backbones.arc`. */
  readStdlib(name: string): SourceFile | undefined
  /** Names of the standard library's modules, for suggestions. */
  readonly stdlibNames: readonly string[]
  /** An environment variable; `undefined` where it is not set. */
  env(name: string): string | undefined
  /** Counts a data set that lies on this computer; `undefined` where it does not. */
  countDataset(spec: DatasetSpec): DatasetCounts | undefined
  /** What was measured of this computer; `undefined` where nothing was. */
  machineProfile(): MachineProfile | undefined
  /** The devices of this computer. */
  localMachine(): LocalMachine
}
