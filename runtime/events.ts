/**
 * The events of a run, as data. The terminal panel, the plain lines, `--json` and the run folder's `log.ndjson` are all generated
 * from them.
 */

export type RunEvent =
  | StartEvent
  | ResumedEvent
  | PhaseEvent
  | FetchEvent
  | ProgressEvent
  | EvaluationEvent
  | LoadedEvent
  | WarningEvent
  | SkippedEvent
  | SavedEvent
  | LeftOutEvent
  | DumpedEvent
  | FailedEvent
  | EndEvent

/** Takes the events of a run in their order. */
export type Emit = (event: RunEvent) => void

export interface StartEvent {
  readonly type: 'start'
  readonly experiment: string
  /** The run folder. */
  readonly folder: string
  /** `XLA CPU (PJRT 0.115), 2 devices` */
  readonly engine: string
  readonly devices: number
  /** Set if the run emulates another machine: a description of that machine, which the figures do not refer to. */
  readonly emulates?: string
  /** A note on the devices: they differ from those the experiment declares. */
  readonly note?: string
  readonly classes: number
  readonly images: number
  /** What the data set has besides its images, for people: `p004, 6 files that are not pictures`. */
  readonly leftOut?: string
  readonly batch: number
  readonly steps: number
  readonly stepsPerEpoch: number
}

/** A run goes on from a checkpoint. */
export interface ResumedEvent {
  readonly type: 'resumed'
  /** Completed steps. */
  readonly step: number
  /** The checkpoint; missing if the run had not reached its first one and starts from the beginning. */
  readonly checkpoint?: string
  /** The fields of the experiment that differ from those that the run had before, as `.arc` text; missing where there is none. */
  readonly changes: readonly { readonly path: string; readonly before?: string; readonly now?: string }[]
}

/** A part of startup or shutdown that takes a while; `seconds` is set at its end. */
export interface PhaseEvent {
  readonly type: 'phase'
  readonly name: 'load data' | 'compile' | 'initialize' | 'load weights' | 'evaluate' | 'save'
  readonly seconds?: number
}

/** Progress of downloading the engine's library. */
export interface FetchEvent {
  readonly type: 'fetch'
  /** For people. */
  readonly what: string
  readonly phase: 'download' | 'verify' | 'unpack' | 'ready'
  /** Of a download. */
  readonly bytes?: number
  readonly total?: number
}

/** How far a download is, and of what. */
export type Fetching = Omit<FetchEvent, 'type'>

export interface ProgressEvent {
  readonly type: 'progress'
  /** Completed steps, from 1. */
  readonly step: number
  readonly steps: number
  /** Completed epochs, as a fraction: 2.5 is in the middle of the third. */
  readonly epoch: number
  readonly epochs: number
  /** Of this step, and smoothed over about the last fifty. */
  readonly loss: number
  readonly smoothedLoss: number
  readonly rate: number
  readonly gradientNorm: number
  /** With f16: the gradient factor, and the number of steps so far that left the weights unchanged. */
  readonly lossScale?: { readonly factor: number; readonly skipped: number }
  /** Over the steps since the last progress event, from the end of one to the end of the next; excludes evaluation. */
  readonly imagesPerSecond: number
  readonly secondsPerStep: number
  /** The part of `secondsPerStep` in which no step ran because its data was not ready. */
  readonly dataSeconds: number
  readonly elapsedSeconds: number
  readonly etaSeconds: number
}

export interface EvaluationEvent {
  readonly type: 'evaluation'
  /** Completed steps: 0 is the untrained network, or the one as it was loaded. */
  readonly step: number
  /** Set if the network of step 0 has the weights of `train.start`: it is not untrained. */
  readonly loaded?: boolean
  readonly set: string
  readonly pairs: number
  /** Ten folds: mean and population standard deviation of the accuracy, in [0, 1]. */
  readonly accuracy: number
  readonly deviation: number
  /** Mean norm of the embeddings before normalization. */
  readonly xnorm: number
  readonly auc: number
  readonly tarAtFar: readonly { readonly far: number; readonly tar: number }[]
  readonly seconds: number
}

/** The weights that training starts from are on the devices. */
export interface LoadedEvent {
  readonly type: 'loaded'
  /** As declared. */
  readonly path: string
  readonly files: readonly { readonly path: string; readonly sha256: string }[]
  /** Tensors of the network that were loaded. */
  readonly tensors: number
  /** Counters of the file that arcc has no use for (`num_batches_tracked`). */
  readonly ignored: number
  /** Tensors of the file that were left out (`except`). */
  readonly leftOut: number
  /** Classes with an old center, with a new one, and old classes without a class. `from`: where the old centers come from. */
  readonly classes: { readonly from?: string; readonly kept: number; readonly new: number; readonly dropped: number }
  /** Pictures whose embeddings became new centers, and new centers that are random. */
  readonly pictures: number
  readonly random: number
  /** Whether the optimizer's state was kept. */
  readonly optimizer: boolean
}

export interface WarningEvent {
  readonly type: 'warning'
  readonly message: string
}

/** A damaged training picture was replaced by the next one; reported once, when it is first drawn. */
export interface SkippedEvent {
  readonly type: 'skipped'
  readonly file: string
  readonly reason: string
  /** Damaged pictures so far, with this one. */
  readonly count: number
}

export interface SavedEvent {
  readonly type: 'saved'
  /** `checkpoint` for all of the state, `weights` for the network alone. */
  readonly what: 'checkpoint' | 'weights'
  readonly path: string
  readonly bytes: number
  /** Completed steps. */
  readonly step: number
}

/** A step was not finite; the run went back and goes on without its batch (`train.on_non_finite = skip(…)`). */
export interface LeftOutEvent {
  readonly type: 'left-out'
  /** The step, from 1. */
  readonly step: number
  readonly reason: string
  /** The steps in the state that the run went back to: those up to `step` are repeated. */
  readonly back: number
  /** Steps left out so far, with this one, and how many may be. */
  readonly count: number
  readonly most: number
}

/** What `arcc replay` needs to compute a failed step again was written. */
export interface DumpedEvent {
  readonly type: 'dumped'
  /** The step, from 1. */
  readonly step: number
  /** The folder. */
  readonly path: string
}

/** A failure as data. */
export interface FailureFacts {
  /** The code of arcc's error, `ARC6504`; that of the system, `ENOSPC`; or `bug`. */
  readonly code: string
  readonly reason: string
  /** The remedy, if known. */
  readonly hint?: string
}

/** The last event of a run that an error ended. */
export interface FailedEvent extends FailureFacts {
  readonly type: 'failed'
  /** Completed steps. */
  readonly step: number
  readonly seconds: number
  /** The newest state in the run folder, from which the run can go on; missing if there is none. */
  readonly kept?: KeptState
  /** Why the state at the time of the error could not be saved. */
  readonly saving?: FailureFacts
}

/** A saved state. */
export interface KeptState {
  /** The steps in it. */
  readonly step: number
  readonly path: string
}

export interface EndEvent {
  readonly type: 'end'
  readonly status: 'done' | 'interrupted'
  readonly steps: number
  readonly seconds: number
  readonly imagesPerSecond: number
  /** Damaged pictures that were replaced; missing if there were none. */
  readonly skippedPictures?: number
  /** Steps that were left out because they were not finite; missing if there were none. */
  readonly leftOutSteps?: number
  /** Planned and measured figures. */
  readonly planned: { readonly secondsPerStep: number; readonly memoryBytes: number }
  readonly measured: { readonly secondsPerStep: number; readonly memoryBytes: number | undefined }
}
