/**
 * What a run tells the world, as data. The terminal panel, the plain lines, `--json` and the run folder's `log.ndjson` are all
 * written from these.
 */

export type RunEvent =
  | StartEvent
  | PhaseEvent
  | FetchEvent
  | ProgressEvent
  | EvaluationEvent
  | WarningEvent
  | SavedEvent
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
  /** Set where the run stands for one on another machine: that machine, for people, which none of the figures are about. */
  readonly emulates?: string
  /** What is to be known of the devices: that they are others than the experiment declares. */
  readonly note?: string
  readonly classes: number
  readonly images: number
  readonly batch: number
  readonly steps: number
  readonly stepsPerEpoch: number
}

/** A part of the start-up or the end that takes a while; `seconds` is there once it is over. */
export interface PhaseEvent {
  readonly type: 'phase'
  readonly name: 'load data' | 'compile' | 'initialize' | 'evaluate' | 'save'
  readonly seconds?: number
}

/** The engine's library on its way. */
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
  /** Steps done, from 1. */
  readonly step: number
  readonly steps: number
  /** Epochs done, with a fraction: 2.5 is in the middle of the third. */
  readonly epoch: number
  readonly epochs: number
  /** Of this step, and smoothed over about the last fifty. */
  readonly loss: number
  readonly smoothedLoss: number
  readonly rate: number
  readonly gradientNorm: number
  /** With f16: the factor of the gradients, and how many steps so far left the weights as they were. */
  readonly lossScale?: { readonly factor: number; readonly skipped: number }
  /** Over the steps since the last progress event, from the end of one to the end of the next; evaluation is not counted. */
  readonly imagesPerSecond: number
  readonly secondsPerStep: number
  /** Of `secondsPerStep`: no step ran, since its data was not there yet. */
  readonly dataSeconds: number
  readonly elapsedSeconds: number
  readonly etaSeconds: number
}

export interface EvaluationEvent {
  readonly type: 'evaluation'
  /** Steps done: 0 is the untrained network. */
  readonly step: number
  readonly set: string
  readonly pairs: number
  /** Ten folds: mean and population standard deviation of the accuracy, in [0, 1]. */
  readonly accuracy: number
  readonly deviation: number
  /** Mean norm of the embeddings before they are normalized. */
  readonly xnorm: number
  readonly auc: number
  readonly tarAtFar: readonly { readonly far: number; readonly tar: number }[]
  readonly seconds: number
}

export interface WarningEvent {
  readonly type: 'warning'
  readonly message: string
}

export interface SavedEvent {
  readonly type: 'saved'
  readonly what: string
  readonly path: string
  readonly bytes: number
}

export interface EndEvent {
  readonly type: 'end'
  readonly status: 'done' | 'interrupted'
  readonly steps: number
  readonly seconds: number
  readonly imagesPerSecond: number
  /** What the plan said and what the run did. */
  readonly planned: { readonly secondsPerStep: number; readonly memoryBytes: number }
  readonly measured: { readonly secondsPerStep: number; readonly memoryBytes: number | undefined }
}
