/**
 * What a run has before it trains: its plan, a folder, data, an engine. They are opened in this order and closed in the reverse
 * one, however the run ends.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import type { DeviceRequest } from '../backend/backend.ts'
import type { Engine } from '../engine.ts'
import type { EngineName } from '../engine-name.ts'
import type { Emit, StartEvent } from '../events.ts'
import { oneProcess } from '../world.ts'
import { createEngine } from './create-engine.ts'
import { openData, type RunData } from './open-data.ts'
import { phase } from './phase.ts'
import { createRunFolder, type RunFolder } from './run-folder.ts'

export interface TrainOptions {
  readonly engine: EngineName
  /** What it runs on; virtual devices of this computer where nothing is said. */
  readonly devices?: DeviceRequest
  /** What the run tells of the machine at its start. */
  readonly machine?: Pick<StartEvent, 'emulates' | 'note'>
  /** Made for this run; an error where it already holds something. */
  readonly folder: string
  /** Texts to keep in the folder, by file name: the experiment's source and what it resolved to. */
  readonly texts?: ReadonlyMap<string, string>
  readonly onEvent: Emit
  /** Stops after the steps in flight; weights are saved all the same. */
  readonly signal: AbortSignal
}

export interface Session {
  readonly plan: Plan
  readonly folder: RunFolder
  readonly data: RunData
  /** It has the world: the devices of all processes, and those of this one. */
  readonly engine: Engine
  /** The only way out: writes the run's log and tells who asked for the run. */
  readonly emit: Emit
  /** Once aborted, no step is started. */
  readonly signal: AbortSignal
  /** What the run tells of the machine at its start. */
  readonly machine: TrainOptions['machine']
}

/** Opens all, works with it, and closes it. Throws `ArccError` for what folder, data and devices refuse. */
export async function withSession(
  plan: Plan,
  options: TrainOptions,
  body: (session: Session) => Promise<void>,
): Promise<void> {
  const folder = await createRunFolder(options.folder, plan, options.texts ?? new Map())
  const emit: Emit = (event) => {
    folder.log(event)
    options.onEvent(event)
  }
  try {
    const data = await phase(emit, 'load data', () => openData(plan.run))
    warnOfAbsentSets(plan, data, emit)
    try {
      const engine = await createEngine(options.engine, oneProcess(plan.replicas), emit, options.devices)
      try {
        await body({ plan, folder, data, engine, emit, signal: options.signal, machine: options.machine })
      } finally {
        engine.dispose()
      }
    } finally {
      data.dispose()
    }
  } finally {
    await folder.close()
  }
}

function warnOfAbsentSets(plan: Plan, { absent }: RunData, emit: Emit): void {
  if (absent.length === 0) return
  const message = `no verification on ${absent.join(', ')}: these sets are read from the data set's folder, but \`${plan.run.dataset.name}\` has none`
  emit({ type: 'warning', message })
}
