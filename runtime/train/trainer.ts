/**
 * A run that trains: what it was opened with, its programs, the state on the devices, and what is counted on the way. Everything
 * that happens in a run is a function of it: the loop (`train-loop.ts`), verification (`evaluate-sets.ts`), weights in the folder
 * (`save-weights.ts`), events (`report.ts`).
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
  /** Steps done since the start of training, with which the next one is counted: the place in the order of the data. */
  steps: number
  /** Paths of the weights that were saved on the way and are still there, the oldest first. */
  readonly kept: string[]
  /** Of `performance.now()`. */
  readonly times: {
    /** Before the programs were compiled. */
    readonly opened: number
    /** Before the first step. */
    looping: number
    /** When progress was last told. */
    reported: number
  }
}

/** Compiles the programs, initializes the state, works with both and frees them. */
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
        times: { opened, looping: opened, reported: opened },
      })
    } finally {
      state.dispose()
    }
  } finally {
    disposePrograms(programs)
  }
}
