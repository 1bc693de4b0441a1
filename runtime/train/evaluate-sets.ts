/** Verifies the current network of a run on each of its sets. */
import type { CheckpointMetric } from '../checkpoint/manifest.ts'
import { verifyPairs } from '../evaluate/embed-pairs.ts'
import { phase, secondsSince } from './phase.ts'
import { saveCheckpoint } from './save.ts'
import type { Trainer } from './trainer.ts'

/** One event per set. The checkpoint of these weights gets the result, and is written if it is the best and there is none. */
export async function evaluateSets(trainer: Trainer): Promise<void> {
  const { plan, engine, programs, state, loaders, emit, steps, checkpoints } = trainer
  if (loaders.sets.length === 0) return
  const metrics: CheckpointMetric[] = []
  await phase(emit, 'evaluate', async () => {
    const weights = await state.forEmbed(engine)
    try {
      for (const set of loaders.sets) {
        const start = performance.now()
        const result = await verifyPairs({ engine, executable: programs.embed, plan, weights: weights.of }, set)
        const { accuracy, std: deviation, auc, xnorm } = result
        metrics.push({ set: set.name, accuracy, deviation, auc, xnorm })
        emit({
          type: 'evaluation',
          step: steps,
          ...(steps === 0 && trainer.start !== undefined ? { loaded: true } : {}),
          set: set.name,
          pairs: set.pairs.same.length,
          accuracy,
          deviation,
          xnorm,
          auc,
          tarAtFar: result.tar.map(({ far, tar }) => ({ far, tar })),
          seconds: secondsSince(start),
        })
      }
    } finally {
      weights.release()
    }
  })
  trainer.verified = { step: steps, metrics }
  if (checkpoints.has(steps)) await checkpoints.amend(steps, metrics)
  else if (steps > 0 && checkpoints.isBest(metrics)) await saveCheckpoint(trainer, 'best')
}
