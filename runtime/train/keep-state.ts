/** What is kept of a run that fails: the state after its last step. */

import { ArccError } from '../errors.ts'
import { failureFacts } from './failure/facts.ts'
import { saveCheckpoint } from './save.ts'
import type { Trainer } from './trainer.ts'

/**
 * Runs `body`. If it throws after the first step, the state is saved first, and `trainer.outcome` says what is kept; an error while
 * saving is noted there. Throws the error of `body`.
 */
export async function savingOnFailure(trainer: Trainer, body: (trainer: Trainer) => Promise<void>): Promise<void> {
  try {
    await body(trainer)
  } catch (error) {
    // Steps that ended while the error was under way.
    trainer.steps = Math.max(trainer.steps, trainer.state.steps)
    trainer.outcome.step = trainer.steps
    if (isStateGood(trainer, error)) await saveAfter(trainer, error)
    throw error
  }
}

/** A non-finite loss is noticed when the state that it spoiled has replaced the last good one. */
function isStateGood(trainer: Trainer, error: unknown): boolean {
  const isDiverged = error instanceof ArccError && error.code === 'ARC6504'
  return trainer.steps > 0 && !isDiverged
}

async function saveAfter(trainer: Trainer, error: unknown): Promise<void> {
  const { outcome, emit } = trainer
  if (outcome.kept?.step === trainer.steps) return
  try {
    await saveCheckpoint(trainer, 'failed')
  } catch (second) {
    const saving = failureFacts(second)
    // The same disk may have refused twice.
    if (saving.reason !== failureFacts(error).reason) outcome.saving = saving
    emit({ type: 'warning', message: `the state after step ${trainer.steps} could not be saved: ${saving.reason}` })
  }
}
