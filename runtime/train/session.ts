/**
 * The resources of a run before it trains: its plan, a folder, data, an engine. They are opened in this order and always closed in
 * the reverse order.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import type { DeviceRequest } from '../backend/backend.ts'
import type { Collections } from '../data/formats/data-formats.ts'
import type { Engine } from '../engine.ts'
import type { EngineName } from '../engine-name.ts'
import type { Emit, FailedEvent, StartEvent } from '../events.ts'
import { oneProcess } from '../world.ts'
import { createEngine } from './create-engine.ts'
import { failureFacts } from './failure/facts.ts'
import type { Watchdog } from './failure/watchdog.ts'
import { openData, type RunData } from './open-data.ts'
import { openLoaders, type RunLoaders } from './open-loaders.ts'
import { phase, secondsSince } from './phase.ts'
import { type ResumeFrom, requireFit } from './resume-from.ts'
import { createRunFolder, type RunFolder } from './run-folder.ts'

export interface TrainOptions {
  readonly engine: EngineName
  /** The devices; default: virtual devices of this computer. */
  readonly devices?: DeviceRequest
  /** The machine part of the start event. */
  readonly machine?: Pick<StartEvent, 'emulates' | 'note'>
  /** Created for this run; ARC6506 if it is not empty, unless a run is resumed in it. */
  readonly folder: string
  /** Where a run goes on that ended or was killed in this folder. */
  readonly resume?: ResumeFrom
  /** The version of arcc, for the checkpoints. */
  readonly version?: string
  /** Texts to store in the folder, by file name: the experiment's source and the resolved experiment. */
  readonly texts?: ReadonlyMap<string, string>
  /** Data sets that the plan has listed. */
  readonly collections?: Collections
  readonly onEvent: Emit
  /** Stops the run after the steps in flight; its state is still saved. The reason is an `Interruption`, or any other. */
  readonly signal: AbortSignal
}

export interface Session {
  readonly plan: Plan
  readonly folder: RunFolder
  readonly data: RunData
  readonly loaders: RunLoaders
  /** Contains the world: the devices of all processes, and those of this one. */
  readonly engine: Engine
  /** Emits an event: writes it to the log of the run and passes it to the caller. */
  readonly emit: Emit
  /** After an abort no more steps are started. */
  readonly signal: AbortSignal
  /** The machine part of the start event. */
  readonly machine: TrainOptions['machine']
  readonly resumed: ResumeFrom | undefined
  readonly version: string
  /** What the `failed` event says of the run, beside the error. */
  readonly outcome: Outcome
  readonly watchdog: Watchdog
  /** Ends the log with a `failed` event and gives the folder free. Call it only if the session cannot be closed. */
  readonly abandon: (error: unknown) => Promise<void>
}

/** How far a run has come. */
export type Outcome = { -readonly [K in keyof Pick<FailedEvent, 'step' | 'kept' | 'saving'>]: FailedEvent[K] }

/**
 * Opens all resources, runs `body` with them, and closes them. Throws `ArccError` for errors of folder, data and devices; the last
 * event is `failed` then.
 */
export async function withSession(
  plan: Plan,
  options: TrainOptions,
  watchdog: Watchdog,
  body: (session: Session) => Promise<void>,
): Promise<void> {
  const { resume: resumed, version = 'development' } = options
  // Before anything in the folder changes.
  if (resumed !== undefined) requireFit(plan, resumed)
  const texts = options.texts ?? new Map<string, string>()
  const began = performance.now()
  const outcome = outcomeOf(resumed)
  const folder = await createRunFolder(options.folder, plan, texts, {
    resumed: resumed !== undefined,
    onTrouble: (message) => emit({ type: 'warning', message }),
  })
  const emit: Emit = (event) => {
    folder.log(event)
    if (event.type === 'saved' && event.what === 'checkpoint') outcome.kept = { step: event.step, path: event.path }
    options.onEvent(event)
  }
  const fail = (error: unknown) =>
    emit({ type: 'failed', ...failureFacts(error), seconds: secondsSince(began), ...outcome })
  const abandon = async (error: unknown) => {
    fail(error)
    await folder.close()
  }
  try {
    const data = await phase(emit, 'load data', () => openData(plan.run, options.collections))
    warnOfAbsentSets(plan, data, emit)
    const world = oneProcess(plan.replicas)
    const loaders = await openLoaders(plan, data, world)
    try {
      const engine = await createEngine(options.engine, world, emit, options.devices)
      try {
        const { signal, machine } = options
        await body({
          plan,
          folder,
          data,
          loaders,
          engine,
          emit,
          signal,
          machine,
          resumed,
          version,
          outcome,
          watchdog,
          abandon,
        })
      } finally {
        engine.dispose()
      }
    } finally {
      await loaders.dispose()
    }
  } catch (error) {
    fail(error)
    throw error
  } finally {
    await folder.close()
  }
}

function outcomeOf(resumed: ResumeFrom | undefined): Outcome {
  const checkpoint = resumed?.checkpoint
  if (checkpoint === undefined) return { step: 0 }
  const { step } = checkpoint.manifest
  return { step, kept: { step, path: checkpoint.path } }
}

function warnOfAbsentSets(plan: Plan, { absent }: RunData, emit: Emit): void {
  if (absent.length === 0) return
  const message = `no verification on ${absent.join(', ')}: these sets are read from the data set's folder, but \`${plan.run.dataset.name}\` has none`
  emit({ type: 'warning', message })
}
