/**
 * A run during training: its session, its programs, the state on the devices, and its counters. The parts of a run are functions of
 * it: the loop (`train-loop.ts`), verification (`evaluate-sets.ts`), saved weights (`save-weights.ts`), events (`report.ts`).
 */
import type { DeviceState } from './device-state.ts'
import { phase } from './phase.ts'
import { compilePrograms, disposePrograms, initialState, type Programs } from './programs.ts'
import { createProgressMeter, type ProgressMeter } from './progress.ts'
import type { Session } from './session.ts'

export interface Trainer extends Session {
  readonly programs: Programs
  /** Weights, statistics, optimizer, loss scale, centers. */
  readonly state: DeviceState
  readonly meter: ProgressMeter
  /** Completed steps since the start of training: the number of the next step, and the position in the data order. */
  steps: number
  /** The paths of existing checkpoints, oldest first. */
  readonly kept: string[]
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

/** Compiles the programs, initializes the state, runs `body` with both, and frees them. */
export async function withTrainer(session: Session, body: (trainer: Trainer) => Promise<void>): Promise<void> {
  const { plan, engine, emit } = session
  const opened = performance.now()
  const programs = await phase(emit, 'compile', () => compilePrograms(engine, plan))
  try {
    const state = await phase(emit, 'initialize', () => initialState(engine, plan, programs.init))
    try {
      await body({
        ...session,
        programs,
        state,
        meter: createProgressMeter({ ...plan.run, batch: plan.document.schedule.batch }),
        steps: 0,
        kept: [],
        times: { opened, looping: opened, reported: opened, verification: undefined },
      })
    } finally {
      state.dispose()
    }
  } finally {
    disposePrograms(programs)
  }
}
