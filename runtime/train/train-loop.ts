/** The training loop: steps, with verification and checkpoints at intervals. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { evaluateSets, type InitialVerification, initialVerification } from './evaluate-sets.ts'
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
  const initial = await initialVerification(trainer)
  for (;;) {
    try {
      await runSteps(trainer, initial)
      return
    } catch (error) {
      await leaveOut(trainer, error)
    }
  }
}

async function runSteps(trainer: Trainer, initial: InitialVerification): Promise<void> {
  const { run } = trainer.plan
  const doAll = async () => {
    await initial.verify()
    await doWhatIsDue(trainer)
  }
  const pass = () => passLeftOut(trainer, run.steps, doAll)
  await pass()
  const pauseAfter = (steps: number) => initial.isDue() || isPauseAfter(trainer, steps)
  for await (const outcome of stepsUntil(trainer, run.steps, pauseAfter)) {
    countStep(trainer, outcome)
    if (isProgressDue(trainer)) reportProgress(trainer)
    if (!pauseAfter(trainer.steps)) continue
    await doAll()
    await pass()
  }
  await pass()
  reportProgress(trainer)
}

/** Whether something is due after `steps` steps, or after left-out ones that follow: the state is the same. */
function isPauseAfter({ plan, leftOut }: Trainer, steps: number): boolean {
  let last = steps
  while (leftOut.has(last)) last++
  for (let step = steps; step <= last; step++) if (isAnyDue(plan, step)) return true
  return false
}

/** Saves and verifies if due after the current step; no step is in flight then. The end of the run does both anyway. */
async function doWhatIsDue(trainer: Trainer): Promise<void> {
  const { plan, steps } = trainer
  const { evaluate, checkpoint } = plan.run
  if (!isAnyDue(plan, steps)) return
  reportProgress(trainer)
  if (isDue(plan.run, checkpoint.every, steps)) await saveCheckpoint(trainer, 'interval')
  if (isDue(plan.run, evaluate.every, steps)) await evaluateSets(trainer, trainer.stopping.wanted)
}

function isAnyDue({ run }: Plan, steps: number): boolean {
  if (steps >= run.steps) return false
  return [run.evaluate, run.checkpoint].some(({ every }) => isDue(run, every, steps))
}
