/** What a log says about its run, in bounded memory: curves are thinned, lists are cut and counted. */
import type {
  DumpedEvent,
  EndEvent,
  EvaluationEvent,
  FailedEvent,
  LeftOutEvent,
  LoadedEvent,
  PhaseEvent,
  ProgressEvent,
  ResumedEvent,
  SavedEvent,
  SkippedEvent,
  StartEvent,
  TelemetryEvent,
  WarningEvent,
} from '../../runtime/events.ts'
import { type LineFault, readEventLines, type Stamped } from './event-lines.ts'

/** The first of a list's entries, and how many there are. */
export interface Counted<T> {
  readonly shown: readonly T[]
  readonly count: number
}

export interface RunLog {
  /** The newest start. */
  readonly start: Stamped<StartEvent> | undefined
  /** When the run began first. */
  readonly began: number
  /** The time of the last event. */
  readonly last: number
  /** Seconds of all processes that worked on the run. */
  readonly seconds: number
  /** In the order of steps; what a resumed run has repeated is there once. */
  readonly progress: readonly ProgressEvent[]
  readonly lastProgress: ProgressEvent | undefined
  /** Completed steps; fewer than in `lastProgress` after the run has gone back. */
  readonly steps: number
  readonly telemetry: readonly Stamped<TelemetryEvent>[]
  readonly evaluations: readonly EvaluationEvent[]
  readonly resumed: Counted<Stamped<ResumedEvent>>
  readonly leftOut: Counted<Stamped<LeftOutEvent>>
  readonly warnings: Counted<Stamped<WarningEvent>>
  readonly skipped: Counted<Stamped<SkippedEvent>>
  readonly saved: Counted<Stamped<SavedEvent>>
  readonly phases: Counted<Stamped<PhaseEvent>>
  readonly loaded: LoadedEvent | undefined
  readonly dumped: Stamped<DumpedEvent> | undefined
  /** How the newest process ended; both are missing if it did not say so. */
  readonly end: Stamped<EndEvent> | undefined
  readonly failed: Stamped<FailedEvent> | undefined
  readonly faults: Counted<LineFault>
}

/** Points of a curve at most. */
const mostPoints = 1000
/** Entries of a list at most. */
const mostShown = 200
/** Evaluations: a run has one per set and interval. */
const mostEvaluations = 5000

/** A list that keeps its first and its last entries. */
function counted<T>(most: number) {
  const first: T[] = []
  const last: T[] = []
  let count = 0
  return {
    add(entry: T) {
      count++
      if (first.length < most / 2) first.push(entry)
      else {
        last.push(entry)
        if (last.length > most / 2) last.shift()
      }
    },
    result: (): Counted<T> => ({ shown: [...first, ...last], count }),
  }
}

/** A curve: whenever it has twice the points that are wanted, every second one is left out. */
function curve<T extends { readonly step: number }>() {
  let points: T[] = []
  let stride = 1
  let seen = 0
  return {
    add(point: T) {
      if (seen++ % stride !== 0) return
      points.push(point)
      if (points.length < 2 * mostPoints) return
      points = points.filter((_, i) => i % 2 === 0)
      stride *= 2
    },
    /** Steps after this one are repeated. */
    backTo(step: number) {
      points = points.filter((point) => point.step <= step)
    },
    result: (): readonly T[] => points,
  }
}

/** Reads a log. Throws errors of the system. */
export async function readRunLog(path: string): Promise<RunLog> {
  const progress = curve<ProgressEvent>()
  const telemetry = curve<TelemetryEvent & { readonly time: number }>()
  let evaluations: EvaluationEvent[] = []
  const resumed = counted<Stamped<ResumedEvent>>(mostShown)
  const leftOut = counted<Stamped<LeftOutEvent>>(mostShown)
  const warnings = counted<Stamped<WarningEvent>>(mostShown)
  const skipped = counted<Stamped<SkippedEvent>>(mostShown)
  const saved = counted<Stamped<SavedEvent>>(mostShown)
  const phases = counted<Stamped<PhaseEvent>>(mostShown)
  const faults = counted<LineFault>(20)
  let start: Stamped<StartEvent> | undefined
  let end: Stamped<EndEvent> | undefined
  let failed: Stamped<FailedEvent> | undefined
  let dumped: Stamped<DumpedEvent> | undefined
  let loaded: LoadedEvent | undefined
  let lastProgress: ProgressEvent | undefined
  let steps = 0
  let [began, last, seconds, processBegan] = [Number.NaN, Number.NaN, 0, Number.NaN]

  const backTo = (step: number) => {
    steps = step
    progress.backTo(step)
    if (lastProgress !== undefined && lastProgress.step > step) lastProgress = progress.result().at(-1)
    telemetry.backTo(step)
    evaluations = evaluations.filter((event) => event.step <= step)
  }
  const endProcess = () => {
    if (last > processBegan) seconds += (last - processBegan) / 1000
  }
  await readEventLines(
    path,
    ({ event, time }) => {
      if (Number.isNaN(began)) began = time
      if (event.type === 'start') {
        endProcess()
        processBegan = time
        start = { event, time }
        end = undefined
        failed = undefined
      }
      if (!Number.isNaN(time)) last = time
      switch (event.type) {
        case 'resumed':
          resumed.add({ event, time })
          return backTo(event.step)
        case 'progress':
          lastProgress = event
          steps = event.step
          return progress.add(event)
        case 'telemetry':
          return telemetry.add({ ...event, time })
        case 'evaluation':
          evaluations = evaluations.filter(({ step, set }) => step !== event.step || set !== event.set)
          evaluations.push(event)
          if (evaluations.length > mostEvaluations) evaluations.shift()
          return
        case 'left-out':
          leftOut.add({ event, time })
          return backTo(event.back)
        case 'warning':
          return warnings.add({ event, time })
        case 'skipped':
          return skipped.add({ event, time })
        case 'saved':
          return saved.add({ event, time })
        case 'phase':
          if (event.seconds !== undefined) phases.add({ event, time })
          return
        case 'loaded':
          loaded = event
          return
        case 'dumped':
          dumped = { event, time }
          return
        case 'failed':
          failed = { event, time }
          steps = event.step
          return
        case 'end':
          end = { event, time }
          steps = event.steps
          return
        case 'start':
        case 'fetch':
          return
      }
    },
    (fault) => faults.add(fault),
  )
  endProcess()
  return {
    ...{ start, began, last, seconds, steps, lastProgress, loaded, dumped, end, failed, evaluations },
    progress: withLast(progress.result(), lastProgress),
    telemetry: telemetry.result().map(({ time, ...event }) => ({ event, time })),
    resumed: resumed.result(),
    leftOut: leftOut.result(),
    warnings: warnings.result(),
    skipped: skipped.result(),
    saved: saved.result(),
    phases: phases.result(),
    faults: faults.result(),
  }
}

/** A thinned curve with its very last point. */
function withLast(points: readonly ProgressEvent[], last: ProgressEvent | undefined): readonly ProgressEvent[] {
  const ascending = points.filter(({ step }, i) => step > (points[i - 1]?.step ?? -1))
  return last === undefined || (ascending.at(-1)?.step ?? -1) >= last.step ? ascending : [...ascending, last]
}
