/** Verifies the current network of a run on each of its sets. */
import { verifyPairs } from '../evaluate/embed-pairs.ts'
import { phase, secondsSince } from './phase.ts'
import type { Trainer } from './trainer.ts'

/** One event per set. */
export async function evaluateSets(trainer: Trainer): Promise<void> {
  const { plan, engine, programs, state, loaders, emit, steps } = trainer
  if (loaders.sets.length === 0) return
  await phase(emit, 'evaluate', async () => {
    const weights = await state.forEmbed(engine)
    try {
      for (const set of loaders.sets) {
        const start = performance.now()
        const result = await verifyPairs({ engine, executable: programs.embed, plan, weights: weights.of }, set)
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
    } finally {
      weights.release()
    }
  })
}
