/** What is kept of a run that fails: the state after its last good step. */
import { setTimeout as sleep } from 'node:timers/promises'
import { failureFacts } from '../failure-facts.ts'
import { Crash } from './failure/interruption.ts'
import type { Alarm } from './failure/watchdog.ts'
import { findFailed } from './find-failed.ts'
import { NonFiniteStep } from './non-finite.ts'
import { saveCheckpoint } from './save.ts'
import { noteFailedStep } from './step-dump.ts'
import type { Trainer } from './trainer.ts'

/** Seconds that saving may take beside something that hangs. */
const longestSaving = 60

/**
 * Runs `body`. If it throws after the first step, the state is saved first, and `trainer.outcome` says what is kept; an error while
 * saving is noted there. Throws the error of `body`. If something hangs, also while steps are repeated for the saved state, what can be
 * saved is saved, the session is abandoned, and `hung` is called with the error; the promise stays pending then, because nothing that
 * hangs can be freed.
 */
export async function savingOnFailure(
  trainer: Trainer,
  body: (trainer: Trainer) => Promise<void>,
  hung: (alarm: Alarm) => void,
): Promise<void> {
  let first: unknown
  const work = body(trainer).catch(async (error: unknown) => {
    first = error
    if (error instanceof NonFiniteStep) await saveBefore(trainer, error)
    else await saveAfter(trainer, error)
    throw error
  })
  const alarm = await Promise.race([work, trainer.watchdog.alarm])
  if (alarm === undefined) return
  if (first !== undefined)
    trainer.emit({ type: 'warning', message: `${failureFacts(first).reason}; then something hung` })
  await saveBeside(trainer, alarm)
  await trainer.abandon(alarm)
  hung(alarm)
  await new Promise<never>(() => undefined)
}

/** Saves the state if no step is in flight, and if that does not hang as well. */
async function saveBeside(trainer: Trainer, alarm: Alarm): Promise<void> {
  trainer.outcome.step = trainer.steps
  if (trainer.steps === 0 || trainer.isLost || trainer.state.steps !== trainer.steps) return
  // The other nodes do not know of it.
  if (trainer.peers.nodes > 1) return
  const late = sleep(longestSaving * 1000, undefined, { ref: false })
  await Promise.race([noting(trainer, alarm, () => save(trainer)), late])
}

async function saveAfter(trainer: Trainer, error: unknown): Promise<void> {
  // With steps that ended while the error was under way.
  if (!trainer.isLost) trainer.steps = Math.max(trainer.steps, trainer.state.steps)
  trainer.outcome.step = trainer.steps
  if (trainer.steps === 0 || trainer.isLost) return
  if (isOfAll(trainer, error)) await noting(trainer, error, () => save(trainer))
  else if (hasWholeState(trainer)) await noting(trainer, error, () => save(trainer, true))
}

/** Whether all nodes have this error at the same point, so that they can save the state together. */
function isOfAll({ joint, signal }: Trainer, error: unknown): boolean {
  const isCrash = signal.aborted && signal.reason instanceof Crash && signal.reason.error === error
  return isCrash || joint.isKnown(error)
}

/** Whether the first node can save the state alone after another one is lost: all devices have it, and no step is in flight. */
function hasWholeState({ plan, peers, state, steps }: Trainer): boolean {
  const isWhole = plan.state.every(({ placement }) => placement === 'replicated')
  return peers.rank === 0 && peers.lost.aborted && isWhole && state.steps === steps
}

async function saveBefore(trainer: Trainer, error: NonFiniteStep): Promise<void> {
  trainer.outcome.step = error.step - 1
  let culprit = error
  await noting(trainer, error, async () => {
    const { failed, isFound } = await findFailed(trainer, error)
    culprit = failed
    trainer.outcome.step = failed.step - 1
    if (isFound) await save(trainer)
  })
  if (trainer.peers.rank === 0) await noteFailedStep(trainer, culprit)
}

async function save(trainer: Trainer, isAlone = false): Promise<void> {
  if (trainer.outcome.kept?.step !== trainer.steps) await saveCheckpoint(trainer, 'failed', isAlone)
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
