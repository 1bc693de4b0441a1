/** `train.on_non_finite = skip(at_most: …)`: goes back and leaves out the batch of a step that is not finite. */
import { reasonOf } from '../system-errors.ts'
import { findFailed } from './find-failed.ts'
import { goBack } from './go-back.ts'
import { writeLeftOut } from './left-out.ts'
import { trainErrors } from './messages.ts'
import { NonFiniteStep } from './non-finite.ts'
import type { Trainer } from './trainer.ts'

/**
 * Puts the run back to its last saved state, so that it goes on without the batch of the failed step. Throws `error` if it is another
 * one, or the experiment says `stop`; ARC6724 if too many steps were left out.
 */
export async function leaveOut(trainer: Trainer, error: unknown): Promise<void> {
  const { plan, folder, leftOut, peers, emit } = trainer
  const { onNonFinite, steps } = plan.run
  if (!(error instanceof NonFiniteStep) || onNonFinite === 'stop') throw error
  const most = Math.ceil(onNonFinite.atMost * steps)
  if (leftOut.size >= most) {
    const said = trainErrors('ARC6724', { reason: error.message, count: leftOut.size + 1, most })
    throw new NonFiniteStep(error.step, error.metrics, said)
  }
  const { failed, isFound } = await findFailed(trainer, error)
  const index = failed.step - 1
  leftOut.add(index)
  const write = async () => {
    if (peers.rank === 0) await writeLeftOut(folder.path, leftOut)
  }
  await write().catch((reason: unknown) => {
    const message = `the steps that are left out could not be noted in ${folder.path}: ${reasonOf(reason)}`
    emit({ type: 'warning', message })
  })
  if (!isFound) await goBack(trainer, index)
  const { step, message: reason } = failed
  emit({ type: 'left-out', step, reason, back: trainer.steps, count: leftOut.size, most })
}
