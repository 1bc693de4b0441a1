/** The options of each command. */
import type { RecordLayout } from '../../runtime/data/pack/record-layout.ts'
import type { EngineName } from '../../runtime/engine-name.ts'
import type { IjbSubset } from '../../runtime/evaluate/ijb/ijb-set.ts'
import type { IjbOptions } from '../../runtime/evaluate/ijb/template-pool.ts'
import type { Preprocess } from '../../runtime/export/onnx/choices.ts'
import type { InstallName } from '../../runtime/wheels/install-name.ts'
import type { MeetingOptions } from '../host/meet.ts'
import type { NetworkSource } from '../host/network/find-backbone.ts'
import type { NetworkRequest } from '../host/network/with-network.ts'
import type { ExitCode } from '../render/exit.ts'
import type { PlanFormat } from '../render/format-plan.ts'

export interface CommonOptions {
  /** `--color`, `--no-color`; `undefined` lets the terminal decide. */
  readonly color: boolean | undefined
}

/** Options without `color`, which belongs to the program; distributes over the union. */
export type WithoutColor<T> = T extends unknown ? Omit<T, 'color'> : never

/** Text for users, JSON for programs. */
export type OutputFormat = 'text' | 'json'

/** A file, the name of an experiment in it, and the overrides, each `path=value`. */
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
  /** `html`: a page. */
  readonly format: PlanFormat | 'html'
  /** Whether XLA compiles the step for the declared GPU to get exact figures. */
  readonly exact: boolean
  /** Whether this computer is measured if it has not been. */
  readonly measure: boolean
  readonly output: string | undefined
}

export interface RunOptions extends Omit<ExperimentOptions, 'file'> {
  /** Set unless a run is resumed; a resumed run has the file that it had. */
  readonly file: string | undefined
  /** Default: `xla`, or the engine that a resumed run had. */
  readonly engine: EngineName | undefined
  /** The folder of a run that goes on. */
  readonly resume: string | undefined
  /** Whether a run that has begun in `folder` goes on. */
  readonly continues: boolean
  /** Whether a plan for GPUs runs on virtual devices of this computer. */
  readonly emulate: boolean
  /** Whether this computer is measured if it has not been. */
  readonly measure: boolean
  /** The run folder; `undefined` takes the next free `runs/NAME-001`. */
  readonly folder: string | undefined
  /** `auto` is a live panel on a terminal and plain lines elsewhere. */
  readonly progress: 'auto' | 'plain' | 'json'
  /** Seconds that SIGTERM and SIGHUP leave until the process is ended. */
  readonly grace: number
  readonly meeting: MeetingOptions
}

export interface ReplayOptions extends CommonOptions {
  /** A folder `failures/step-NNNNNN` in the folder of a run. */
  readonly folder: string
  /** `undefined`: that of the run. */
  readonly engine: EngineName | undefined
  readonly format: OutputFormat
}

export const dumpPhases = ['parse', 'elaborate', 'plan', 'stablehlo'] as const
export const dumpGraphs = ['init', 'step', 'embed'] as const
export interface DumpOptions extends ExperimentOptions {
  readonly after: (typeof dumpPhases)[number]
  readonly graph: (typeof dumpGraphs)[number]
  /** Whether the source location of each op is shown. */
  readonly locations: boolean
  readonly output: string | undefined
}

export interface TestOptions extends CommonOptions {
  readonly paths: readonly string[]
}

export interface DoctorOptions extends CommonOptions {
  readonly format: OutputFormat
  /** Measure this computer and write the figures to this file; `true` is the file that plans read. */
  readonly writeMachine: string | true | undefined
}

export interface InstallOptions extends CommonOptions {
  /** What to install or remove; `undefined` for the list. */
  readonly what: InstallName | undefined
  readonly action: 'install' | 'list' | 'remove'
  readonly format: OutputFormat
}

/** The commands about data sets. */
export interface DataSourceOptions extends CommonOptions {
  /** A path, a data set expression, or an `.arc` file whose experiment uses the data set. */
  readonly source: string
  /** The experiment, if the `.arc` file contains several. */
  readonly experiment: string | undefined
  readonly set: readonly string[]
  readonly format: OutputFormat
}

export interface DataInspectOptions extends DataSourceOptions {
  readonly what: 'inspect'
  /** Pictures that are decoded. */
  readonly sample: number
}

export interface DataCheckOptions extends DataSourceOptions {
  readonly what: 'check'
  /** The report's file. */
  readonly output: string
  readonly resume: boolean
  /** Whether findings that do not stop a training count as errors, too. */
  readonly strict: boolean
}

/** Commands that write a data set. */
interface DataOutputOptions extends DataSourceOptions {
  readonly out: string
  readonly force: boolean
}

export interface DataPackOptions extends DataOutputOptions {
  readonly what: 'pack'
  readonly layout: RecordLayout
  /** Height and width of re-encoded pictures; `undefined` keeps their bytes. */
  readonly resize: number | undefined
  readonly quality: number | undefined
  readonly skipDamaged: boolean
}

export interface DataShuffleOptions extends DataOutputOptions {
  readonly what: 'shuffle'
  readonly seed: number
}

export interface DataPairsOptions extends DataOutputOptions {
  readonly what: 'pairs'
  /** Of both kinds together. */
  readonly pairs: number
  readonly seed: number
  readonly resize: number
  readonly quality: number | undefined
}

export interface DataSheetOptions extends DataOutputOptions {
  readonly what: 'sheet'
  readonly rows: number
  readonly columns: number
  readonly class: number | undefined
  /** An `.arc` file whose augmentations are shown. */
  readonly augmented: string | undefined
}

export type DataOptions =
  | DataInspectOptions
  | DataCheckOptions
  | DataPackOptions
  | DataShuffleOptions
  | DataPairsOptions
  | DataSheetOptions

/** The commands about checkpoints. */
interface CheckpointPathOptions extends CommonOptions {
  /** The folder of a run, for its newest checkpoint, or that of a checkpoint. */
  readonly path: string
}

export interface CheckpointInspectOptions extends CheckpointPathOptions {
  readonly what: 'inspect'
  readonly format: OutputFormat
}

export interface CheckpointVerifyOptions extends CheckpointPathOptions {
  readonly what: 'verify'
  readonly format: OutputFormat
}

export interface CheckpointMergeOptions extends CheckpointPathOptions {
  readonly what: 'merge'
  /** The folder of the new checkpoint. */
  readonly out: string
  /** Number of files of the centers. */
  readonly files: number
  readonly force: boolean
}

export interface CheckpointConvertOptions extends CheckpointPathOptions {
  readonly what: 'convert'
  /** A `.safetensors` file. */
  readonly out: string
  readonly centers: boolean
  readonly force: boolean
}

export type CheckpointOptions =
  | CheckpointInspectOptions
  | CheckpointVerifyOptions
  | CheckpointMergeOptions
  | CheckpointConvertOptions

/** The ways to evaluate a network. */
interface EvaluationOptions extends CommonOptions {
  readonly network: NetworkRequest
  readonly meeting: MeetingOptions
  /** Where the results are written, each in a folder with the set's name; by default in the run, or beside the weights. */
  readonly folder: string | undefined
  readonly format: OutputFormat
}

export interface EvalPairsOptions extends EvaluationOptions {
  readonly what: 'pairs'
  /** Names of the experiment's sets, files and folders; none: all sets of the experiment. */
  readonly sets: readonly string[]
  /** The folder of the pictures of lists. */
  readonly root: string | undefined
  /** Pairs that are drawn from people, of both kinds together, and their seed. */
  readonly pairs: number | undefined
  readonly seed: number | undefined
  /** The false accept rate of the recommended threshold. */
  readonly far: number | undefined
}

export interface EvalIjbOptions extends EvaluationOptions {
  readonly what: 'ijb'
  /** The folder with `meta` and `loose_crop`. */
  readonly root: string
  /** `undefined`: the one whose files are there. */
  readonly subset: IjbSubset | undefined
  readonly identification: boolean
  readonly switches: IjbOptions
  /** Whether `scores.npy` is written. */
  readonly scores: boolean
}

export interface EvalAllToAllOptions extends EvaluationOptions {
  readonly what: 'all-to-all'
  /** A folder, a file of a data set, or an expression such as `folder(root: "faces")`. */
  readonly source: string
  /** Whether only memory and time are computed. */
  readonly plan: boolean
}

export type EvalOptions = EvalPairsOptions | EvalIjbOptions | EvalAllToAllOptions

export interface EmbedOptions extends CommonOptions {
  readonly network: NetworkRequest
  readonly meeting: MeetingOptions
  /** As `DataSourceOptions.source`; the experiment of an `.arc` file follows after `#`. */
  readonly source: string
  readonly set: readonly string[]
  /** A `.npy`, `.safetensors` or `.parquet` file. */
  readonly out: string
  /** Whether the embedding of the mirror image is added. */
  readonly flip: boolean
  readonly normalize: boolean
  readonly f16: boolean
  readonly skipDamaged: boolean
  readonly resume: boolean
  readonly force: boolean
  readonly format: OutputFormat
}

export interface CompareOptions extends CommonOptions {
  readonly network: NetworkRequest
  readonly pictures: readonly string[]
  /** A cosine; `undefined` takes the one that the newest evaluation recommends. */
  readonly threshold: number | undefined
  readonly format: OutputFormat
}
export interface ReportOptions extends CommonOptions {
  /** Folders of runs. */
  readonly runs: readonly [string, ...string[]]
  /** The page; `undefined`: `report.html` in the folder of the first run. */
  readonly output: string | undefined
}

export interface RunsListOptions extends CommonOptions {
  readonly what: 'list'
  readonly folder: string
  /** The verification set that the runs are sorted by. */
  readonly by: string | undefined
  readonly format: OutputFormat
}

export interface RunsDiffOptions extends CommonOptions {
  readonly what: 'diff'
  readonly a: string
  readonly b: string
  readonly format: OutputFormat
}

export type RunsOptions = RunsListOptions | RunsDiffOptions

/** The forms that networks are exported to. */
export const exportForms = ['onnx', 'torch', 'hugging-face'] as const

interface ExportTargetOptions extends CommonOptions, NetworkSource {
  /** An `.onnx` or `.pt` file, or a folder. */
  readonly out: string
  readonly force: boolean
  readonly format: OutputFormat
}

export interface ExportOnnxOptions extends ExportTargetOptions {
  readonly to: 'onnx'
  readonly f16: boolean
  readonly fold: boolean
  readonly preprocess: Preprocess
  readonly opset: number
  /** Whether weights have a file of their own; `undefined`: only beyond 2 GB. */
  readonly external: boolean | undefined
  /** Whether ONNX Runtime compares; `undefined`: if it is there. */
  readonly check: boolean | undefined
  /** The largest deviation, relative to the norm of an embedding; `undefined`: that of the element type. */
  readonly tolerance: number | undefined
  /** A folder of pictures that are compared; `undefined` draws faces. */
  readonly pictures: string | undefined
  readonly python: string | undefined
  readonly engine: EngineName
}

interface ExportTorchOptions extends ExportTargetOptions {
  readonly to: 'torch'
}

interface ExportHuggingFaceOptions extends ExportTargetOptions {
  readonly to: 'hugging-face'
  /** Of the network and its data; `undefined` is said to be unknown. */
  readonly license: string | undefined
}

export type ExportOptions = ExportOnnxOptions | ExportTorchOptions | ExportHuggingFaceOptions

/** The implementations of the commands. */
export interface Actions {
  check(options: CheckOptions): Promise<ExitCode>
  plan(options: PlanOptions): Promise<ExitCode>
  run(options: RunOptions): Promise<ExitCode>
  dump(options: DumpOptions): Promise<ExitCode>
  replay(options: ReplayOptions): Promise<ExitCode>
  doctor(options: DoctorOptions): Promise<ExitCode>
  install(options: InstallOptions): Promise<ExitCode>
  test(options: TestOptions): Promise<ExitCode>
  data(options: DataOptions): Promise<ExitCode>
  checkpoint(options: CheckpointOptions): Promise<ExitCode>
  eval(options: EvalOptions): Promise<ExitCode>
  embed(options: EmbedOptions): Promise<ExitCode>
  compare(options: CompareOptions): Promise<ExitCode>
  report(options: ReportOptions): Promise<ExitCode>
  runs(options: RunsOptions): Promise<ExitCode>
  export(options: ExportOptions): Promise<ExitCode>
}
