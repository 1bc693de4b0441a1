/** What each command takes from the command line. */
import { deviceKinds } from '../../compiler/ir/device-kind.ts'
import type { EngineName } from '../../runtime/engine-name.ts'
import type { ExitCode } from '../render/exit.ts'
import type { PlanFormat } from '../render/format-plan.ts'

export interface CommonOptions {
  /** `--color`, `--no-color`; `undefined` lets the terminal decide. */
  readonly color: boolean | undefined
}

/** For people, or for programs. */
type OutputFormat = 'text' | 'json'

/** A file, which of its experiments, and the overrides, `path=value` each. */
export interface ExperimentOptions extends CommonOptions {
  readonly file: string
  readonly experiment: string | undefined
  readonly set: readonly string[]
}

export interface CheckOptions extends CommonOptions {
  readonly files: readonly string[]
  readonly set: readonly string[]
  readonly format: OutputFormat
}

export interface PlanOptions extends ExperimentOptions {
  readonly format: PlanFormat
  /** Whether XLA compiles the step for the declared GPU, for its own figures. */
  readonly exact: boolean
  readonly output: string | undefined
}

export interface RunOptions extends ExperimentOptions {
  readonly engine: EngineName
  /** Whether a plan of GPUs runs on virtual devices of this computer. */
  readonly emulate: boolean
  /** Where the run's files go; `undefined` takes the next free `runs/NAME-001`. */
  readonly folder: string | undefined
  /** `auto` is a live panel on a terminal and plain lines elsewhere. */
  readonly progress: 'auto' | 'plain' | 'json'
}

export const dumpPhases = ['parse', 'elaborate', 'plan', 'stablehlo'] as const
export const dumpGraphs = ['init', 'step', 'embed'] as const
export interface DumpOptions extends ExperimentOptions {
  readonly after: (typeof dumpPhases)[number]
  readonly graph: (typeof dumpGraphs)[number]
  /** Whether each op says from which place of the file it comes. */
  readonly locations: boolean
  readonly output: string | undefined
}

export interface TestOptions extends CommonOptions {
  readonly paths: readonly string[]
}

export interface DoctorOptions extends CommonOptions {
  readonly format: OutputFormat
  /** Measure this computer and keep the figures: in this file, or where plans look for them. */
  readonly writeMachine: string | true | undefined
}

/** What runs programs of a kind of device. */
export const installable = deviceKinds
export interface InstallOptions extends CommonOptions {
  /** What to install or to remove; `undefined` for the list. */
  readonly what: (typeof installable)[number] | undefined
  readonly action: 'install' | 'list' | 'remove'
  readonly format: OutputFormat
}

/** What the commands do. */
export interface Actions {
  check(options: CheckOptions): Promise<ExitCode>
  plan(options: PlanOptions): Promise<ExitCode>
  run(options: RunOptions): Promise<ExitCode>
  dump(options: DumpOptions): Promise<ExitCode>
  doctor(options: DoctorOptions): Promise<ExitCode>
  install(options: InstallOptions): Promise<ExitCode>
  test(options: TestOptions): Promise<ExitCode>
}
