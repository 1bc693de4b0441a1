/** Finds the step that spoiled a state, and the last state before it. */
import { goBack, isFiniteState } from './go-back.ts'
import { trainErrors } from './messages.ts'
import { NonFiniteStep } from './non-finite.ts'
import { repeatSteps } from './run-steps.ts'
import type { Trainer } from './trainer.ts'

/** Seconds that steps may take which are repeated for the state before a failed one; otherwise an older state is kept. */
const mostRepeating = 600
/** States that are tried, one step earlier each. */
const mostTries = 4

/**
 * A step that is not finite is noticed when it has replaced the last good state, and the next one has begun: the good state is
 * computed again from the last one that is saved, bit for bit the same on a device whose sums have a fixed order. A step may spoil
 * the state whose own loss is finite; then that is the failed one. The trainer has the state before the returned step, if `isFound`.
 */
export async function findFailed(
  trainer: Trainer,
  error: NonFiniteStep,
): Promise<{ readonly failed: NonFiniteStep; readonly isFound: boolean }> {
  const { recent } = trainer
  let failed = error
  for (let tries = 0; tries < mostTries; tries++) {
    const good = failed.step - 1
    if (!(await repeatUntil(trainer, good))) break
    if (await isFiniteState(trainer, trainer.state)) return { failed, isFound: true }
    const metrics = recent.get(good)
    if (metrics === undefined) break
    failed = new NonFiniteStep(good, metrics, trainErrors('ARC6728', { step: good }))
  }
  return { failed, isFound: false }
}

/** Goes back and computes the state after `steps` steps again, if that does not take too long. */
async function repeatUntil(trainer: Trainer, steps: number): Promise<boolean> {
  const { secondsPerStep } = trainer.meter
  await goBack(trainer, steps)
  const own = (steps - trainer.steps) * secondsPerStep
  const seconds = await trainer.joint.first('the state before a step', async () => own)
  if (seconds > mostRepeating) {
    const minutes = Math.round(seconds / 60)
    const message = `the state after step ${steps} is not computed again, because that would take ${minutes} minutes`
    trainer.emit({ type: 'warning', message })
    return false
  }
  await repeatSteps(trainer, steps)
  return trainer.steps === steps
}
