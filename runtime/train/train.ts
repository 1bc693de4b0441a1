/**
 * Runs a plan: data, engine, initial state, steps, verification before and after training, a checkpoint and the weights at the end.
 * All output is reported as events.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import { evaluateSets } from './evaluate-sets.ts'
import { interruptionOf, throwIfCrashed } from './failure/interruption.ts'
import { type Alarm, createWatchdog } from './failure/watchdog.ts'
import { savingOnFailure } from './keep-state.ts'
import { reportEnd, reportResume, reportStart } from './report.ts'
import { saveCheckpoint, saveWeights } from './save.ts'
import { type TrainOptions, withSession } from './session.ts'
import { startTelemetry } from './telemetry.ts'
import { trainLoop } from './train-loop.ts'
import { type Trainer, withTrainer } from './trainer.ts'

/**
 * Trains. Throws `ArccError` for errors of data, devices and disk, and if training diverges. After ARC6725, something still hangs: the
 * caller ends the process.
 */
export async function train(plan: Plan, options: TrainOptions): Promise<void> {
  const watchdog = createWatchdog(plan.run.watchdog)
  let hung: (alarm: Alarm) => void = () => undefined
  const hanging = new Promise<never>((_, reject) => {
    hung = reject
  })
  const work = withSession(plan, options, watchdog, async (session) => {
    reportStart(session)
    reportResume(session)
    await withTrainer(session, (trainer) => savingOnFailure(trainer, runToEnd, hung))
  })
  try {
    await Promise.race([work, hanging])
    throwIfCrashed(options.signal)
  } finally {
    watchdog.end()
  }
}

async function runToEnd(trainer: Trainer): Promise<void> {
  const { plan } = trainer
  const telemetry = trainer.peers.rank === 0 ? await startTelemetry(trainer) : undefined
  await trainLoop(trainer).finally(() => telemetry?.end())
  throwIfCrashed(trainer.signal)
  const isDone = trainer.steps >= plan.run.steps
  // First what was trained, then what takes its time.
  if (trainer.steps > 0) await saveCheckpoint(trainer, isDone ? 'end' : 'interrupted')
  if (!isDone) await saveWeights(trainer)
  if (trainer.steps > 0 && (await hasTimeToVerify(trainer)))
    await evaluateSets(trainer, unlessAborted(trainer.stopping.wanted))
  // Without this file, a run counts as unfinished.
  if (isDone) await saveWeights(trainer)
  trainer.outcome.step = trainer.steps
  throwIfCrashed(trainer.signal)
  await reportEnd(trainer)
}

/** Whether a verification, which takes about as long as the last one, ends before an interrupted process is ended. */
function hasTimeToVerify({ joint, signal, times }: Trainer): Promise<boolean> {
  return joint.first('the end of the run', async () => interruptionOf(signal)?.allows(times.verification) ?? true)
}

/** A signal that has come already does not end what follows it; a later one does. */
function unlessAborted(signal: AbortSignal): AbortSignal | undefined {
  return signal.aborted ? undefined : signal
}
