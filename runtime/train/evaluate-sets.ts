/** Verifies the current network of a run on each of its sets. */
import type { CheckpointMetric } from '../checkpoint/manifest.ts'
import { verifyPairs } from '../evaluate/embed-pairs.ts'
import { phase, secondsSince } from './phase.ts'
import { saveCheckpoint } from './save.ts'
import type { Trainer } from './trainer.ts'

/**
 * One event per set. The checkpoint of these weights gets the result, and is written if it is the best and there is none. After an
 * abort of `signal`, the verification ends without a result.
 */
export async function evaluateSets(trainer: Trainer, signal?: AbortSignal): Promise<void> {
  const { plan, engine, programs, state, loaders, emit, steps, checkpoints, times, watchdog } = trainer
  if (loaders.sets.length === 0 || signal?.aborted === true) return
  const began = performance.now()
  const metrics: CheckpointMetric[] = []
  await phase(emit, 'evaluate', async () => {
    const weights = await state.forEmbed(engine)
    const embedder = {
      engine,
      executable: programs.embed,
      network: plan.run,
      weights: weights.of,
      signal,
      watch: watchdog.watch,
    }
    try {
      for (const set of loaders.sets) {
        const start = performance.now()
        const result = await verifyPairs(embedder, set)
        const { accuracy, deviation, auc, xnorm } = result
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
          tarAtFar: [...result.tar],
          seconds: secondsSince(start),
        })
      }
      times.verification = secondsSince(began)
    } catch (error) {
      if (signal?.aborted !== true || error !== signal.reason) throw error
    } finally {
      weights.release()
    }
  })
  if (metrics.length < loaders.sets.length) return
  trainer.verified = { step: steps, metrics }
  if (checkpoints.has(steps)) await checkpoints.amend(steps, metrics)
  else if (steps > 0 && checkpoints.isBest(metrics)) await saveCheckpoint(trainer, 'best')
}
