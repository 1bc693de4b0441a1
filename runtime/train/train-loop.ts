/** The training loop: steps, with verification and checkpoints at intervals. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { batches } from '../data/loader/batches.ts'
import { createSampler } from '../data/sampler.ts'
import { evaluateSets } from './evaluate-sets.ts'
import { isDue } from './intervals.ts'
import { trainErrors } from './messages.ts'
import { isProgressDue, reportProgress } from './report.ts'
import { saveCheckpoint } from './save.ts'
import { type StepOutcome, trainSteps } from './train-steps.ts'
import type { Trainer } from './trainer.ts'

/** Trains from the trainer's current step to the last one, or until an interruption. Throws ARC6504 if training diverges. */
export async function trainLoop(trainer: Trainer): Promise<void> {
  const { plan, engine, programs, state, times, signal } = trainer
  times.looping = performance.now()
  times.reported = times.looping
  const outcomes = trainSteps({
    engine,
    executable: programs.step,
    state,
    batches: batchesToDo(trainer),
    image: plan.run.image,
    pauseAfter: (steps) => isAnyDue(plan, steps),
    signal,
  })
  for await (const outcome of outcomes) {
    countStep(trainer, outcome)
    if (isProgressDue(trainer)) reportProgress(trainer)
    if (trainer.steps < plan.run.steps) await doWhatIsDue(trainer)
  }
  reportProgress(trainer)
}

function batchesToDo({ plan, data, loaders, engine, emit, steps }: Trainer) {
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
    to: run.steps,
    ahead,
    ...(damage === undefined ? {} : { damage }),
    onSkipped: ({ file, reason }) => emit({ type: 'skipped', file, reason, count: damage?.count ?? 0 }),
  })
}

/** Records a step that has ended. */
function countStep(trainer: Trainer, { steps, metrics, seconds, dataSeconds }: StepOutcome): void {
  if (!Number.isFinite(metrics.loss) && !isPassing(metrics))
    throw trainErrors('ARC6504', { loss: metrics.loss, step: steps })
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

/** Whether a non-finite loss is harmless: the step was skipped, and f16 has not overflowed repeatedly. */
function isPassing(metrics: StepOutcome['metrics']): boolean {
  return metrics.skipped === 1 && metrics.loss_scale >= 1
}

/** Saves and verifies if due after the step that has just ended; no step is in flight then. */
async function doWhatIsDue(trainer: Trainer): Promise<void> {
  const { plan, steps } = trainer
  const { evaluate, checkpoint } = plan.run
  if (!isAnyDue(plan, steps)) return
  reportProgress(trainer)
  if (isDue(plan.run, checkpoint.every, steps)) await saveCheckpoint(trainer, 'interval')
  if (isDue(plan.run, evaluate.every, steps)) await evaluateSets(trainer)
}

function isAnyDue({ run }: Plan, steps: number): boolean {
  return [run.evaluate, run.checkpoint].some(({ every }) => isDue(run, every, steps))
}
