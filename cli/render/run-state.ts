/** The state of a run, folded from its events; the panel and the summary render it. */
import type {
  DumpedEvent,
  EndEvent,
  EvaluationEvent,
  FailedEvent,
  FetchEvent,
  PhaseEvent,
  ProgressEvent,
  RunEvent,
  SavedEvent,
  StartEvent,
  TelemetryEvent,
} from '../../runtime/events.ts'

export interface RunState {
  readonly start: StartEvent | undefined
  readonly progress: ProgressEvent | undefined
  /** Smoothed losses of the whole run, thinned out to at most `historyLength`. */
  readonly losses: readonly number[]
  /** Every `stride`-th progress event adds a loss. */
  readonly stride: number
  readonly seen: number
  readonly telemetry: TelemetryEvent | undefined
  readonly evaluations: readonly EvaluationEvent[]
  readonly saved: readonly SavedEvent[]
  readonly warnings: number
  /** The current phase. */
  readonly phase: PhaseEvent | undefined
  readonly fetch: FetchEvent | undefined
  readonly end: EndEvent | undefined
  readonly failed: FailedEvent | undefined
  readonly dumped: DumpedEvent | undefined
}

export const historyLength = 512

export const noEvents: RunState = {
  start: undefined,
  progress: undefined,
  losses: [],
  stride: 1,
  seen: 0,
  telemetry: undefined,
  evaluations: [],
  saved: [],
  warnings: 0,
  phase: undefined,
  fetch: undefined,
  end: undefined,
  failed: undefined,
  dumped: undefined,
}

function withLoss(state: RunState, event: ProgressEvent): RunState {
  const seen = state.seen + 1
  const next = { ...state, progress: event, phase: undefined, seen }
  if (state.seen % state.stride !== 0) return next
  const losses = [...state.losses, event.smoothedLoss]
  if (losses.length <= historyLength) return { ...next, losses }
  return { ...next, losses: losses.filter((_, i) => i % 2 === 0), stride: state.stride * 2 }
}

/** The state after one more event. */
export function advance(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'start':
      return { ...state, start: event }
    case 'resumed':
    case 'loaded':
      return state
    case 'phase':
      return { ...state, phase: event.seconds === undefined ? event : undefined }
    case 'telemetry':
      return { ...state, telemetry: event }
    case 'fetch':
      return { ...state, fetch: event.phase === 'ready' ? undefined : event }
    case 'progress':
      return withLoss(state, event)
    case 'evaluation':
      return { ...state, evaluations: [...state.evaluations, event] }
    case 'left-out':
    case 'warning':
    case 'skipped':
      return { ...state, warnings: state.warnings + 1 }
    case 'dumped':
      return { ...state, dumped: event }
    case 'saved':
      return { ...state, saved: [...state.saved, event] }
    case 'end':
      return { ...state, end: event, phase: undefined }
    case 'failed':
      return { ...state, failed: event, phase: undefined }
  }
}
