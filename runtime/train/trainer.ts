/**
 * A run during training: its session, its programs, the state on the devices, and its counters. The parts of a run are functions of
 * it: the loop (`train-loop.ts`), verification (`evaluate-sets.ts`), checkpoints and weights (`save.ts`), events (`report.ts`).
 */
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { CheckpointMetric } from '../checkpoint/manifest.ts'
import { restoreState } from '../checkpoint/restore.ts'
import { fillState } from '../start/fill-state.ts'
import type { DeviceState } from '../state/device-state.ts'
import { openCheckpoints } from './open-checkpoints.ts'
import { phase } from './phase.ts'
import { compilePrograms, disposePrograms, newState, type Programs } from './programs.ts'
import { createProgressMeter, type ProgressMeter } from './progress.ts'
import type { Session } from './session.ts'

export interface Trainer extends Session {
  readonly programs: Programs
  /** Weights, statistics, optimizer, loss scale, centers. */
  readonly state: DeviceState
  readonly meter: ProgressMeter
  /** Completed steps since the start of training: the number of the next step, and the position in the data order. */
  steps: number
  readonly checkpoints: CheckpointStore
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

/** Puts the weights that training starts from into the initial state. */
async function loadStart(session: Session, { embed }: Programs, state: DeviceState): Promise<void> {
  const { plan, engine, data, loaders, signal, emit, start } = session
  if (start === undefined) return
  const { workers } = loaders
  const loaded = await phase(emit, 'load weights', () =>
    fillState(state, start, { plan, engine, embed, data: data.train, workers, signal }),
  )
  emit(loaded)
}

/**
 * Compiles the programs, initializes the state or takes it from the checkpoint that the run is resumed from, runs `body` with both,
 * and frees them. Throws ARC6700 and ARC6708 before it compiles.
 */
export async function withTrainer(session: Session, body: (trainer: Trainer) => Promise<void>): Promise<void> {
  const { plan, engine, emit, resumed } = session
  const from = resumed?.checkpoint
  const steps = from?.manifest.step ?? 0
  const checkpoints = await openCheckpoints(session, steps)
  const opened = performance.now()
  try {
    const programs = await phase(emit, 'compile', () => compilePrograms(engine, plan))
    try {
      const state = await phase(emit, 'initialize', () =>
        from === undefined ? newState(engine, plan) : restoreState(engine, plan, from, steps),
      )
      try {
        await loadStart(session, programs, state)
        await body({
          ...session,
          programs,
          state,
          meter: createProgressMeter({ ...plan.run, batch: plan.document.schedule.batch, from: steps }),
          steps,
          checkpoints,
          verified: undefined,
          times: { opened, looping: opened, reported: opened, verification: undefined },
        })
      } finally {
        state.dispose()
      }
    } finally {
      disposePrograms(programs)
    }
  } finally {
    await checkpoints.dispose()
  }
}
