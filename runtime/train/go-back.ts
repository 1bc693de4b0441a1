/** Puts a run back to an earlier state of its own. */
import { join } from 'node:path'
import type { Plan } from '../../compiler/plan/plan.ts'
import { checkpointsName, stepName } from '../checkpoint/checkpoint-folder.ts'
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts'
import { restoreState } from '../checkpoint/restore.ts'
import { ArccError } from '../errors.ts'
import type { DeviceState } from '../state/device-state.ts'
import { nonFiniteTensors } from '../state/finite.ts'
import { createProgressMeter } from './progress.ts'
import type { Trainer } from './trainer.ts'

/** The steps in the newest state at or before `most` steps to which the run could go back. */
export function stepsKept({ checkpoints, resumed }: Trainer, most: number): number {
  return checkpoints.steps.find((step) => step <= most) ?? resumed?.checkpoint?.manifest.step ?? 0
}

/**
 * Replaces the state by the newest intact and finite one at or before `most` steps: a checkpoint of the run, or the state that it began with. No
 * step may be in flight. From there on, the same steps give the same results.
 */
export async function goBack(trainer: Trainer, most: number): Promise<void> {
  const { plan } = trainer
  // First, because the devices may not have room for two.
  trainer.state.dispose()
  trainer.state = await earlierState(trainer, most)
  trainer.steps = trainer.state.steps
  trainer.verified = undefined
  trainer.meter = createProgressMeter({
    ...plan.run,
    batch: plan.document.schedule.batch,
    from: trainer.steps,
  })
}

/** Whether all numbers of a state are finite. */
export async function isFiniteState(plan: Plan, state: DeviceState): Promise<boolean> {
  const names = await nonFiniteTensors(plan, (device, index) => state.read(device, index))
  return names.length === 0
}

async function earlierState(trainer: Trainer, most: number): Promise<DeviceState> {
  const { plan, engine, folder, checkpoints, emit, begin } = trainer
  for (const step of checkpoints.steps) {
    if (step > most) continue
    try {
      const checkpoint = await openCheckpoint(join(folder.path, checkpointsName, stepName(step)))
      try {
        const state = await restoreState(engine, plan, checkpoint, step)
        if (await isFiniteState(plan, state)) return state
        state.dispose()
      } finally {
        await checkpoint.close()
      }
    } catch (error) {
      if (!(error instanceof ArccError) || error.code.startsWith('ARC60')) throw error
      emit({ type: 'warning', message: `${error.message}; an older state is taken` })
    }
  }
  return begin()
}
