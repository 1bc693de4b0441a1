/** Runs steps of a trainer, from its current one on. */
import { batches } from '../data/loader/batches.ts'
import { createSampler } from '../data/sampler.ts'
import type { World } from '../world.ts'
import { openLease } from './nodes/lease.ts'
import { isFiniteStep, requireFinite } from './non-finite.ts'
import { type StepOutcome, trainSteps } from './train-steps.ts'
import type { Trainer } from './trainer.ts'

/**
 * Trains until `steps` steps have ended, or an interruption, without a word: after going back, to the state that was lost. Throws as
 * `trainLoop` does.
 */
export async function repeatSteps(trainer: Trainer, steps: number): Promise<void> {
  for await (const outcome of stepsUntil(trainer, steps)) countStep(trainer, outcome)
  await passLeftOut(trainer, steps)
}

/**
 * Counts the left-out steps that follow the trainer's current one, up to `end`, and calls `passed` after each; after an abort, none.
 * No step may be in flight.
 */
export async function passLeftOut(
  trainer: Trainer,
  end: number,
  passed: () => Promise<void> = async () => undefined,
): Promise<void> {
  const { leftOut, signal } = trainer
  while (trainer.steps < end && leftOut.has(trainer.steps) && !signal.aborted) {
    trainer.steps++
    trainer.state.leaveOutUntil(trainer.steps)
    await passed()
  }
}

/** The steps from the trainer's current one on; see `trainSteps`. */
export async function* stepsUntil(
  trainer: Trainer,
  end: number,
  pauseAfter: (steps: number) => boolean = () => false,
): AsyncGenerator<StepOutcome> {
  const { plan, engine, programs, state, signal, watchdog, peers, stopping } = trainer
  const lease = openLease({
    peers,
    name: `${plan.name}/lease/${trainer.leases++}`,
    from: trainer.steps,
    stopping,
    secondsPerStep: () => trainer.meter.secondsPerStep,
  })
  /** The first step that was not finite. */
  let bad: number | undefined
  const steps = trainSteps({
    engine,
    executable: programs.step,
    state,
    batches: batchesUntil(trainer, end),
    image: plan.run.image,
    pauseAfter,
    // The one after a bad step may be in flight on another node, and waits for this one; no node has started a later one.
    mayStart: async (step) => (bad === undefined || step <= bad + 1) && lease.allows(step),
    signal,
    watch: watchdog.watch,
    onEnd(outcome) {
      if (outcome === undefined || !isFiniteStep(outcome.metrics)) trainer.isLost = true
      if (outcome !== undefined && !isFiniteStep(outcome.metrics)) bad ??= outcome.steps
    },
  })
  try {
    yield* peers.nodes === 1 ? steps : badOnesLast(steps, pauseAfter)
  } finally {
    lease.end()
  }
}

/** Holds a step that is not finite back until the one after it has ended as well, if there is one. */
async function* badOnesLast(
  steps: AsyncIterable<StepOutcome>,
  pauseAfter: (steps: number) => boolean,
): AsyncGenerator<StepOutcome> {
  let held: StepOutcome | undefined
  for await (const outcome of steps) {
    if (held !== undefined) break
    if (isFiniteStep(outcome.metrics) || pauseAfter(outcome.steps)) yield outcome
    else held = outcome
  }
  if (held !== undefined) yield held
}

/** The batches from the trainer's current step on, by default those of this process's devices. */
export function batchesUntil(trainer: Trainer, end: number, world: World = trainer.engine.world) {
  const { plan, data, loaders, emit, steps, leftOut } = trainer
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
    world,
    seed: run.seed,
    from: steps,
    to: end,
    leftOut,
    ahead,
    ...(damage === undefined ? {} : { damage }),
    onSkipped: ({ file, reason }) => emit({ type: 'skipped', file, reason, count: damage?.count ?? 0 }),
  })
}

/** Steps whose metrics are remembered. */
const recentSteps = 8

/** Records a step that has ended. Throws ARC6504 and ARC6723 if it is not finite. */
export function countStep(trainer: Trainer, { steps, metrics, seconds, dataSeconds }: StepOutcome): void {
  requireFinite(metrics, steps)
  trainer.steps = steps
  trainer.recent.set(steps, metrics)
  trainer.recent.delete(steps - recentSteps)
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
