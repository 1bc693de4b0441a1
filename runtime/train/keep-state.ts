/** What is kept of a run that fails: the state after its last good step. */
import { failureFacts } from './failure/facts.ts'
import { goBack, stepsKept } from './go-back.ts'
import { NonFiniteStep } from './non-finite.ts'
import { saveCheckpoint } from './save.ts'
import { noteFailedStep } from './step-dump.ts'
import { repeatSteps } from './train-loop.ts'
import type { Trainer } from './trainer.ts'

/** Seconds that steps may take which are repeated for the state before a failed one; otherwise an older state is kept. */
const mostRepeating = 600

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

/**
 * A step that is not finite is noticed when it has replaced the last good state, and the next one has begun: the good state is
 * computed again from the last one that is saved, bit for bit the same on a device whose sums have a fixed order.
 */
async function saveBefore(trainer: Trainer, error: NonFiniteStep): Promise<void> {
  const { meter, outcome, emit } = trainer
  const good = error.step - 1
  outcome.step = good
  await noting(trainer, error, async () => {
    const seconds = (good - stepsKept(trainer, good)) * meter.secondsPerStep
    if (seconds <= mostRepeating) {
      await goBack(trainer, good)
      await repeatSteps(trainer, good)
      await save(trainer)
    } else {
      const message = `the state before step ${error.step} is not computed again, because that would take ${Math.round(seconds / 60)} minutes`
      emit({ type: 'warning', message })
    }
    await noteFailedStep(trainer, error)
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
