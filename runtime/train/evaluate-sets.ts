/** Verifies the current network of a run on each of its sets. */
import { verifyPairs } from '../evaluate/embed-pairs.ts'
import { phase, secondsSince } from './phase.ts'
import type { Trainer } from './trainer.ts'

/** One event per set. */
export async function evaluateSets(trainer: Trainer): Promise<void> {
  const { plan, engine, programs, state, data, emit, steps } = trainer
  if (data.sets.length === 0) return
  await phase(emit, 'evaluate', async () => {
    const weights = await state.forEmbed(engine)
    try {
      for (const { name, pairs } of data.sets) {
        const start = performance.now()
        const result = await verifyPairs({ engine, executable: programs.embed, plan, weights: weights.of }, pairs)
        emit({
          type: 'evaluation',
          step: steps,
          set: name,
          pairs: pairs.same.length,
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
