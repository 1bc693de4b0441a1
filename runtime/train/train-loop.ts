/** The training loop: steps, with verification and checkpoints at intervals. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { batches } from '../data/loader/batches.ts'
import { createSampler } from '../data/sampler.ts'
import { evaluateSets } from './evaluate-sets.ts'
import { isDue } from './intervals.ts'
import { leaveOut } from './leave-out.ts'
import { requireFinite } from './non-finite.ts'
import { isProgressDue, reportProgress } from './report.ts'
import { saveCheckpoint } from './save.ts'
import { type StepOutcome, trainSteps } from './train-steps.ts'
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

/**
 * Trains until `steps` steps have ended, or an interruption, without a word: after going back, to the state that was lost. Throws as
 * `trainLoop` does.
 */
export async function repeatSteps(trainer: Trainer, steps: number): Promise<void> {
  for await (const outcome of stepsUntil(trainer, steps)) countStep(trainer, outcome)
  if (!trainer.signal.aborted) passLeftOut(trainer, steps)
}

/** Counts left-out steps at the end of a range: no step follows that would. */
function passLeftOut(trainer: Trainer, end: number): void {
  while (trainer.steps < end && trainer.leftOut.has(trainer.steps)) trainer.steps++
  trainer.state.leaveOutUntil(trainer.steps)
}

function stepsUntil(trainer: Trainer, end: number, pauseAfter?: (steps: number) => boolean) {
  const { plan, engine, programs, state, signal } = trainer
  return trainSteps({
    engine,
    executable: programs.step,
    state,
    batches: batchesUntil(trainer, end),
    image: plan.run.image,
    ...(pauseAfter === undefined ? {} : { pauseAfter }),
    signal,
  })
}

/** The batches from the trainer's current step on. */
export function batchesUntil({ plan, data, loaders, engine, emit, steps, leftOut }: Trainer, end: number) {
  const { run } = plan
  const { training, ahead, damage, workers } = loaders
  const sampler = createSampler(
    {
      seed: run.seed,
      images: data.train.images,
      globalBatch: plan.document.schedule.batch,
      flip: run.augment.flip,
      mix: data.mix,
    },
    (key, epoch) => workers.epochOrder(key, epoch),
  )
  return batches(training, sampler, {
    world: engine.world,
    seed: run.seed,
    from: steps,
    to: end,
    leftOut,
    ahead,
    ...(damage === undefined ? {} : { damage }),
    onSkipped: ({ file, reason }) => emit({ type: 'skipped', file, reason, count: damage?.count ?? 0 }),
  })
}

/** Records a step that has ended. Throws ARC6504 and ARC6723 if it is not finite. */
function countStep(trainer: Trainer, { steps, metrics, seconds, dataSeconds }: StepOutcome): void {
  requireFinite(metrics, steps)
  trainer.steps = steps
  const isScaled = trainer.plan.document.model.precision === 'f16'
  trainer.meter.add({
    loss: metrics.loss,
    rate: metrics.rate,
    gradientNorm: metrics.gradient_norm,
    lossScale: isScaled ? metrics.loss_scale : undefined,
    skipped: metrics.skipped === 1,
    seconds,
    dataSeconds,
  })
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
