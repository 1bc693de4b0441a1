/**
 * The resources of a run before it trains: its plan, a folder, data, an engine. They are opened in this order and always closed in
 * the reverse order.
 */
import { isCount } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { DeviceRequest } from '../backend/backend.ts'
import { damagedText } from '../checkpoint/newest-intact.ts'
import type { Collections } from '../data/formats/data-formats.ts'
import type { Engine } from '../engine.ts'
import type { EngineName } from '../engine-name.ts'
import { createEngine } from '../engines/create-engine.ts'
import type { Emit, FailedEvent, StartEvent } from '../events.ts'
import { failureFacts } from '../failure-facts.ts'
import type { LogSink } from '../logs/log-sink.ts'
import { openLogs } from '../logs/open-logs.ts'
import { alone } from '../peers/alone.ts'
import { createJoint, type Joint } from '../peers/joint.ts'
import type { Peers } from '../peers/peers.ts'
import { openStart, type Start } from '../start/open-start.ts'
import { worldOf } from '../world.ts'
import { agreeOnData } from './agree-on-data.ts'
import { firstCause, orLost } from './ending.ts'
import type { StopSignal } from './failure/interruption.ts'
import type { Watchdog } from './failure/watchdog.ts'
import { newestKept } from './nodes/newest-kept.ts'
import { type Notes, openNotes } from './nodes/notes.ts'
import { sharedDamage } from './nodes/shared-damage.ts'
import { createStopping, type Stopping } from './nodes/stopping.ts'
import { openData, type RunData } from './open-data.ts'
import { openLoaders, type RunLoaders } from './open-loaders.ts'
import { phase, secondsSince } from './phase.ts'
import { type ResumeFrom, requireFit } from './resume-from.ts'
import type { RunFolder } from './run-folder.ts'
import { openRunFolder } from './shared-folder.ts'
import { thenClose } from './then-close.ts'

export interface TrainOptions {
  readonly engine: EngineName
  /** The devices; default: virtual devices of this computer. */
  readonly devices?: DeviceRequest
  /** The processes that train together, which have met; default: this one alone. */
  readonly peers?: Peers
  /** Called when a signal at another node stops the run. */
  readonly onStop?: (signal: StopSignal) => void
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
  /** Stops the run after the steps in flight; its state is still saved. The reason is an `Interruption`, a `Crash`, or any other. */
  readonly signal: AbortSignal
}

export interface Session {
  readonly plan: Plan
  readonly folder: RunFolder
  readonly data: RunData
  readonly loaders: RunLoaders
  /** Contains the world: the devices of all processes, and those of this one. */
  readonly engine: Engine
  /** The processes that train together. */
  readonly peers: Peers
  /** Emits an event: writes it to the log of the run, if this is the first node, and passes it to the caller. */
  readonly emit: Emit
  /** What the nodes do together in their main line of work. */
  readonly joint: Joint
  readonly stopping: Stopping
  /** That of `stopping`: after an abort no more steps are started. */
  readonly signal: AbortSignal
  /** The machine part of the start event. */
  readonly machine: TrainOptions['machine']
  /** Those that were requested. */
  readonly devices: TrainOptions['devices']
  readonly resumed: ResumeFrom | undefined
  /** The weights that training starts from; missing if it starts anew or goes on from a checkpoint. */
  readonly start: Start | undefined
  readonly version: string
  /** What the `failed` event says of the run, beside the error. */
  readonly outcome: Outcome
  readonly watchdog: Watchdog
  /** Ends the log with a `failed` event and releases the folder. Call it only if the session cannot be closed. */
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
  const { resume: resumed, version = 'development', peers = alone() } = options
  // Before anything in the folder changes.
  if (resumed !== undefined) requireFit(plan, resumed)
  const texts = options.texts ?? new Map<string, string>()
  const began = performance.now()
  const outcome = outcomeOf(resumed)
  const joint = createJoint(peers, `${plan.name}/run`)
  const folder = await openRunFolder(joint, options.folder, plan, texts, {
    resumed: resumed !== undefined,
    onTrouble: (message) => emit({ type: 'warning', message }),
  })
  const logs: LogSink[] = []
  const emit: Emit = (event) => {
    folder.log(event)
    const now = Date.now()
    for (const log of logs) log.event(event, now)
    if (event.type === 'saved' && event.what === 'checkpoint') outcome.kept = { step: event.step, path: event.path }
    if (event.type === 'warning') notes.send({ kind: 'warning', message: event.message })
    options.onEvent(event)
  }
  const damaged = sharedDamage((pictures) => notes.send({ kind: 'damaged', pictures }))
  const notes: Notes = openNotes(peers, `${plan.name}/notes`, (note, node) => {
    if (note.kind === 'stop') stopping.want(note.stop)
    if (note.kind === 'warning') emit({ type: 'warning', message: `${node}: ${note.message}` })
    if (note.kind === 'damaged') damaged.take(note.pictures)
  })
  const stopping = createStopping(peers, options.signal, (stop) => notes.send({ kind: 'stop', stop }), options.onStop)
  let hasFailed = false
  let cause: Promise<unknown> | undefined
  const fail = (error: unknown) => {
    if (hasFailed) return
    hasFailed = true
    emit({ type: 'failed', ...failureFacts(error), seconds: secondsSince(began), ...outcome })
  }
  const reporting = async (part: () => Promise<void>) => {
    try {
      await part()
    } catch (error) {
      // Closing meets what follows from the first error.
      cause ??= firstCause(peers, joint, error)
      const first = await cause
      const kept = peers.lost.aborted ? await newestKept(folder.path, outcome.kept) : undefined
      if (kept !== undefined) outcome.kept = kept
      fail(first)
      throw first
    }
  }
  const closeLogs = async () => {
    await notes.close()
    await Promise.all(logs.map((log) => log.close()))
    await folder.close()
  }
  const abandon = async (error: unknown) => {
    await peers.fail(error)
    fail(error)
    await closeLogs()
  }
  const closing: (() => void | Promise<void>)[] = []
  const owned = <T>(resource: T, close: (resource: T) => void | Promise<void>): T => {
    closing.push(() => close(resource))
    return resource
  }
  const run = async () => {
    if (peers.rank === 0)
      logs.push(...(await openLogs(plan, folder.path, (message) => emit({ type: 'warning', message }))))
    const data = await phase(emit, 'load data', () => openData(plan.run, options.collections, plan.state.some(isCount)))
    await agreeOnData(peers, plan.name, data, resumed?.checkpoint?.manifest)
    warnOfAbsentSets(plan, data, emit)
    const opened = resumed?.checkpoint === undefined ? await openStart(plan, data.people) : undefined
    const start = opened && owned(opened, (it) => it.close())
    for (const found of start?.damaged ?? []) emit({ type: 'warning', message: damagedText(found) })
    const world = worldOf(plan.replicas, peers)
    const opening = owned(await openLoaders(plan, data, world), (it) => it.dispose())
    const loaders = { ...opening, damage: opening.damage && damaged.limitOf(opening.damage) }
    const engine = owned(await createEngine(options.engine, world, emit, options.devices, peers), (it) => it.dispose())
    const { machine, devices } = options
    const { signal } = stopping
    const resources = { plan, folder, data, loaders, engine, peers, emit, signal, machine, devices, start }
    await body({ ...resources, joint, stopping, resumed, version, outcome, watchdog, abandon })
  }
  try {
    // An error of the run is reported before closing takes its time; one of closing after a good end.
    await reporting(() =>
      orLost(
        peers,
        thenClose(
          () => reporting(run),
          () => closeAll(closing),
        ),
      ),
    )
  } finally {
    await closeLogs()
  }
}

/** Closes in the reverse order, all of them even if one fails; throws the first error. */
async function closeAll(closing: readonly (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closing.toReversed()) {
    try {
      await close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
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
