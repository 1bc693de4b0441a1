/**
 * The events of a run, as data. The terminal panel, the plain lines, `--json`, the run folder's `log.ndjson` and the other logs are
 * all generated from them. The table `event-schemas.ts` explains every member.
 */
import type { FromSchema } from 'json-schema-to-ts'
import type { eventSchemas, failureSchema, figure } from './event-schemas.ts'

/** A figure that is not finite is a number in an event, and null in its JSON. */
type Figures = { readonly deserialize: [{ readonly pattern: typeof figure; readonly output: number }] }

type EventOf<K extends keyof typeof eventSchemas> = FromSchema<(typeof eventSchemas)[K], Figures>

export type StartEvent = EventOf<'start'>
/** A run goes on from a checkpoint. */
export type ResumedEvent = EventOf<'resumed'>
/** A part of startup or shutdown that takes a while; `seconds` is set at its end. */
export type PhaseEvent = EventOf<'phase'>
/** Progress of downloading the engine's library. */
export type FetchEvent = EventOf<'fetch'>
export type ProgressEvent = EventOf<'progress'>
/** The state of the computer, sampled beside the steps. */
export type TelemetryEvent = EventOf<'telemetry'>
export type EvaluationEvent = EventOf<'evaluation'>
/** The weights that training starts from are on the devices. */
export type LoadedEvent = EventOf<'loaded'>
export type WarningEvent = EventOf<'warning'>
/** A damaged training picture was replaced by the next one; reported once, when it is first drawn. */
export type SkippedEvent = EventOf<'skipped'>
export type SavedEvent = EventOf<'saved'>
/** A step was not finite; the run went back and goes on without its batch (`train.on_non_finite = skip(…)`). */
export type LeftOutEvent = EventOf<'left-out'>
/** What `arcc replay` needs to recompute a failed step was written. */
export type DumpedEvent = EventOf<'dumped'>
/** The last event of a run that an error ended. */
export type FailedEvent = EventOf<'failed'>
export type EndEvent = EventOf<'end'>

export type RunEvent =
  | StartEvent
  | ResumedEvent
  | PhaseEvent
  | FetchEvent
  | ProgressEvent
  | TelemetryEvent
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

/** How far a download is, and of what. */
export type Fetching = Omit<FetchEvent, 'type'>

/** A failure as data. */
export type FailureFacts = FromSchema<typeof failureSchema>
