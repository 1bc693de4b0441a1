/** The training loop: steps, with verification and checkpoints at intervals. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { evaluateSets } from './evaluate-sets.ts'
import { isDue } from './intervals.ts'
import { leaveOut } from './leave-out.ts'
import { isProgressDue, reportProgress } from './report.ts'
import { countStep, passLeftOut, stepsUntil } from './run-steps.ts'
import { saveCheckpoint } from './save.ts'
import type { Trainer } from './trainer.ts'

/**
 * Trains from the trainer's current step to the last one, or until an interruption. Steps that are not finite are left out if the
 * experiment says so. Throws ARC6504, ARC6723 and ARC6724 otherwise.
 */
export async function trainLoop(trainer: Trainer): Promise<void> {
  const { times } = trainer
  times.looping = performance.now()
  times.reported = times.looping
  for (;;) {
    try {
      await runSteps(trainer)
      return
    } catch (error) {
      await leaveOut(trainer, error)
    }
  }
}

async function runSteps(trainer: Trainer): Promise<void> {
  const { plan } = trainer
  for await (const outcome of stepsUntil(trainer, plan.run.steps, (steps) => isAnyDue(plan, steps))) {
    countStep(trainer, outcome)
    if (isProgressDue(trainer)) reportProgress(trainer)
    if (trainer.steps < plan.run.steps) await doWhatIsDue(trainer)
  }
  if (!trainer.signal.aborted) passLeftOut(trainer, plan.run.steps)
  reportProgress(trainer)
}

/** Saves and verifies if due after the step that has just ended; no step is in flight then. */
async function doWhatIsDue(trainer: Trainer): Promise<void> {
  const { plan, steps } = trainer
  const { evaluate, checkpoint } = plan.run
  if (!isAnyDue(plan, steps)) return
  reportProgress(trainer)
  if (isDue(plan.run, checkpoint.every, steps)) await saveCheckpoint(trainer, 'interval')
  if (isDue(plan.run, evaluate.every, steps)) await evaluateSets(trainer, trainer.signal)
}

function isAnyDue({ run }: Plan, steps: number): boolean {
  return [run.evaluate, run.checkpoint].some(({ every }) => isDue(run, every, steps))
}
