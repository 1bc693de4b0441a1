/** Verifies the current network of a run on each of its sets. */

import type { CheckpointMetric } from '../checkpoint/manifest.ts'
import { type Embedder, verifyPairs } from '../evaluate/embed-pairs.ts'
import { evaluateIjb } from '../evaluate/ijb/evaluate-ijb.ts'
import { usualRate } from '../evaluate/ijb/ijb-file.ts'
import { usualIjbOptions } from '../evaluate/ijb/template-pool.ts'
import type { EvaluationEvent } from '../events.ts'
import type { VerificationSet } from './open-loaders.ts'
import { phase, secondsSince } from './phase.ts'
import { saveCheckpoint } from './save.ts'
import type { Trainer } from './trainer.ts'

interface SetResult extends Omit<CheckpointMetric, 'set'> {
  readonly measure?: EvaluationEvent['measure']
  readonly tarAtFar: EvaluationEvent['tarAtFar']
}

async function evaluateSet(embedder: Embedder, { pairs, loader, templates }: VerificationSet): Promise<SetResult> {
  if (templates === undefined) {
    const { accuracy, deviation, auc, xnorm, tar } = await verifyPairs(embedder, { pairs, loader })
    return { accuracy, deviation, auc, xnorm, tarAtFar: [...tar] }
  }
  const { points, auc, xnorm } = await evaluateIjb(embedder, { set: templates, loader, options: usualIjbOptions })
  const tarAtFar = points.map(({ far, tar }) => ({ far, tar }))
  const accuracy = tarAtFar.find(({ far }) => far === usualRate)?.tar ?? 0
  return { accuracy, deviation: 0, auc, xnorm, measure: 'tar@1e-4', tarAtFar }
}

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
        const { accuracy, deviation, auc, xnorm, measure, tarAtFar } = await evaluateSet(embedder, set)
        metrics.push({ set: set.name, accuracy, deviation, auc, xnorm })
        emit({
          type: 'evaluation',
          step: steps,
          ...(steps === 0 && trainer.start !== undefined ? { loaded: true } : {}),
          set: set.name,
          pairs: set.pairs.same.length,
          ...(measure === undefined ? {} : { measure }),
          accuracy,
          deviation,
          xnorm,
          auc,
          tarAtFar,
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
