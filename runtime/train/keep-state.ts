/** What is kept of a run that fails: the state after its last good step. */
import { failureFacts } from './failure/facts.ts'
import { findFailed } from './find-failed.ts'
import { NonFiniteStep } from './non-finite.ts'
import { saveCheckpoint } from './save.ts'
import { noteFailedStep } from './step-dump.ts'
import type { Trainer } from './trainer.ts'

/**
 * Runs `body`. If it throws after the first step, the state is saved first, and `trainer.outcome` says what is kept; an error while
 * saving is noted there. Throws the error of `body`.
 */
export async function savingOnFailure(trainer: Trainer, body: (trainer: Trainer) => Promise<void>): Promise<void> {
  try {
    await body(trainer)
  } catch (error) {
    if (error instanceof NonFiniteStep) await saveBefore(trainer, error)
    else await saveAfter(trainer, error)
    throw error
  }
}

async function saveAfter(trainer: Trainer, error: unknown): Promise<void> {
  // With steps that ended while the error was under way.
  trainer.steps = Math.max(trainer.steps, trainer.state.steps)
  trainer.outcome.step = trainer.steps
  if (trainer.steps > 0) await noting(trainer, error, () => save(trainer))
}

async function saveBefore(trainer: Trainer, error: NonFiniteStep): Promise<void> {
  trainer.outcome.step = error.step - 1
  await noting(trainer, error, async () => {
    const { failed, isFound } = await findFailed(trainer, error)
    trainer.outcome.step = failed.step - 1
    if (isFound) await save(trainer)
    await noteFailedStep(trainer, failed)
  })
}

async function save(trainer: Trainer): Promise<void> {
  if (trainer.outcome.kept?.step !== trainer.steps) await saveCheckpoint(trainer, 'failed')
}

/** Runs `saving`; notes its error, unless the same disk has refused twice. */
async function noting(trainer: Trainer, first: unknown, saving: () => Promise<void>): Promise<void> {
  try {
    await saving()
  } catch (second) {
    const facts = failureFacts(second)
    if (facts.reason !== failureFacts(first).reason) trainer.outcome.saving = facts
  }
}
