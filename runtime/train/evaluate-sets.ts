/** Verifies the current network of a run on each of its sets. */
import { verifyPairs } from '../evaluate/embed-pairs.ts'
import { phase, secondsSince } from './phase.ts'
import type { Trainer } from './trainer.ts'

/** One event per set. After an abort of `signal`, the verification ends without those that are missing. */
export async function evaluateSets(trainer: Trainer, signal?: AbortSignal): Promise<void> {
  const { plan, engine, programs, state, loaders, emit, steps, times } = trainer
  if (loaders.sets.length === 0 || signal?.aborted === true) return
  const began = performance.now()
  await phase(emit, 'evaluate', async () => {
    const weights = await state.forEmbed(engine)
    const embedder = { engine, executable: programs.embed, plan, weights: weights.of, signal }
    try {
      for (const set of loaders.sets) {
        const start = performance.now()
        const result = await verifyPairs(embedder, set)
        emit({
          type: 'evaluation',
          step: steps,
          set: set.name,
          pairs: set.pairs.same.length,
          accuracy: result.accuracy,
          deviation: result.std,
          xnorm: result.xnorm,
          auc: result.auc,
          tarAtFar: result.tar.map(({ far, tar }) => ({ far, tar })),
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
}
