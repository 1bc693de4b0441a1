/**
 * A run during training: its session, its programs, the state on the devices, and its counters. The parts of a run are functions of
 * it: the loop (`train-loop.ts`), verification (`evaluate-sets.ts`), checkpoints and weights (`save.ts`), events (`report.ts`).
 */
import { countsTable } from '../../compiler/ir/state-tensor.ts'
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { CheckpointMetric } from '../checkpoint/manifest.ts'
import { restoreState } from '../checkpoint/restore.ts'
import { embedTogether, type Together } from '../evaluate/together.ts'
import type { Emit, LoadedEvent } from '../events.ts'
import { fillState } from '../start/fill-state.ts'
import type { DeviceState } from '../state/device-state.ts'
import { changedCountsText, fillCounts } from './fill-counts.ts'
import { readLeftOut } from './left-out.ts'
import type { StepMetrics } from './non-finite.ts'
import { openCheckpoints } from './open-checkpoints.ts'
import { phase } from './phase.ts'
import { compilePrograms, disposePrograms, newState, type Programs } from './programs.ts'
import { createProgressMeter, type ProgressMeter } from './progress.ts'
import { readEarly } from './read-early.ts'
import type { Session } from './session.ts'
import { thenClose } from './then-close.ts'

export interface Trainer extends Session {
  readonly programs: Programs
  /** Weights, statistics, optimizer, loss scale, centers. Going back replaces it. */
  state: DeviceState
  /**
   * Whether `state` is not that after the steps that have ended: a step has failed on the devices or was not finite, or the state is
   * freed because an earlier one takes its place. It can neither be saved nor trained on.
   */
  isLost: boolean
  /** The state that the run began with, or was resumed from. */
  readonly begin: () => Promise<DeviceState>
  meter: ProgressMeter
  /** Leases that were opened: all nodes have the same ones. */
  leases: number
  /** Embeds verification sets with the devices of all nodes. */
  readonly together: Together
  /** Completed steps since the start of training: the number of the next step, and the position in the data order. */
  steps: number
  readonly checkpoints: CheckpointStore
  /** Steps, from 0, whose batches are left out because they were not finite. */
  readonly leftOut: Set<number>
  /** The metrics of the last few steps, by number from 1. */
  readonly recent: Map<number, StepMetrics>
  /** The last verification: after how many steps, and what it found. */
  verified: { readonly step: number; readonly metrics: readonly CheckpointMetric[] } | undefined
  /** Times of `performance.now()`. */
  readonly times: {
    /** Before compilation. */
    readonly opened: number
    /** Before the first step. */
    looping: number
    /** When progress was last reported. */
    reported: number
    /** Seconds that the last verification took; `undefined` before the first. */
    verification: number | undefined
  }
}

/**
 * The state before the first step: initial values, and the weights that training starts from. `onLoaded` receives what was loaded.
 */
async function startingState(session: Session, { embed }: Programs, onLoaded: Emit): Promise<DeviceState> {
  const { plan, engine, data, loaders, signal, emit, start } = session
  const state = await newState(engine, plan)
  if (start === undefined) return state
  try {
    const { workers } = loaders
    const loaded = await phase(emit, 'load weights', () =>
      fillState(state, start, { plan, engine, embed, data: data.train, workers, signal }),
    )
    onLoaded(await summed(session, loaded))
    return state
  } catch (error) {
    state.dispose()
    throw error
  }
}

/** The state with the pictures of the classes of the data; `onChanged` is told if it has those of other data. */
async function withCounts(session: Session, state: DeviceState, onChanged: Emit | undefined): Promise<DeviceState> {
  try {
    const changed = await session.joint.each(
      'counting pictures',
      () => fillCounts(state, session),
      (all) => all.reduce((sum, own) => sum + own, 0),
    )
    if (changed > 0 && session.peers.rank === 0)
      onChanged?.({ type: 'warning', message: changedCountsText(session.data.train.name, changed) })
    return state
  } catch (error) {
    state.dispose()
    throw error
  }
}

/** What all nodes have loaded: each embeds pictures for the centers of its own devices. */
async function summed({ joint, plan }: Session, loaded: LoadedEvent): Promise<LoadedEvent> {
  // With all centers on every device, each has embedded all of them.
  if (plan.document.centers.placement === 'replicate') return loaded
  const { pictures, random } = loaded
  const all = await joint.each(
    'loading the weights',
    async () => ({ pictures, random }),
    (each) => each.reduce((sum, own) => ({ pictures: sum.pictures + own.pictures, random: sum.random + own.random })),
  )
  return { ...loaded, ...all }
}

/**
 * Compiles the programs, initializes the state or takes it from the checkpoint that the run is resumed from, runs `body` with both,
 * and frees them. Throws ARC6700 and ARC6708 before it compiles.
 */
export async function withTrainer(session: Session, body: (trainer: Trainer) => Promise<void>): Promise<void> {
  const { plan, folder, engine, emit, resumed, peers } = session
  const from = resumed?.checkpoint
  const steps = from?.manifest.step ?? 0
  const checkpoints = await openCheckpoints(session, steps)
  const opened = performance.now()
  const trained = async (programs: Programs) => {
    const begin = async (onLoaded: Emit = () => undefined) => {
      const resumed = from && (await restoreState(engine, plan, from, steps))
      const state = resumed ?? (await startingState(session, programs, onLoaded))
      return withCounts(session, state, from?.has(countsTable) === true ? onLoaded : undefined)
    }
    const leftOut = await readLeftOut(folder.path, resumed !== undefined)
    const state = await phase(emit, 'initialize', () => begin(emit))
    await peers.barrier(`${plan.name}/initialized`, 'initializing the state')
    const trainer: Trainer = {
      ...session,
      programs,
      state,
      isLost: false,
      begin,
      meter: createProgressMeter({ ...plan.run, batch: plan.document.schedule.batch }),
      leases: 0,
      together: embedTogether(peers, session.joint, `${plan.name}/embeddings`),
      steps,
      checkpoints,
      leftOut,
      recent: new Map(),
      verified: undefined,
      times: { opened, looping: opened, reported: opened, verification: undefined },
    }
    await thenClose(
      () => body(trainer),
      () => trainer.state.dispose(),
    )
  }
  const early = readEarly(session, steps)
  await thenClose(
    async () => {
      const programs = await phase(emit, 'compile', () => compilePrograms(engine, plan)).finally(early.end)
      // The first collective of the devices waits for little longer than a message takes, not for a compilation.
      await peers.barrier(`${plan.name}/compiled`, 'compiling')
      await thenClose(
        () => trained(programs),
        () => disposePrograms(programs),
      )
    },
    () => checkpoints.dispose(),
  )
}
