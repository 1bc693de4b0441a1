/** Writes the weights of backbone and centers to the run folder: checkpoints, and the final weights. */
import { rm, stat } from 'node:fs/promises'
import { writeSafetensors } from '../safetensors.ts'
import { phase } from './phase.ts'
import type { Trainer } from './trainer.ts'
import { weightStreams } from './weights.ts'

/**
 * Writes `weights-step-NNNNNN.safetensors` after the step that has just ended; keeps the newest `checkpoint.keep` of them. Throws
 * ARC6404 if writing fails.
 */
export async function saveWeights(trainer: Trainer): Promise<void> {
  const { plan, kept, emit } = trainer
  const step = String(trainer.steps)
  await phase(emit, 'save', async () => {
    const path = await write(trainer, `weights-step-${step.padStart(6, '0')}.safetensors`, [['step', step]])
    kept.push(path)
    trainer.outcome.kept = { step: trainer.steps, path }
    for (const old of kept.splice(0, kept.length - plan.run.checkpoint.keep)) await rm(old, { force: true })
  })
}

/** Writes `weights.safetensors` at the end. Throws ARC6404 if writing fails. */
export async function saveLastWeights(trainer: Trainer): Promise<void> {
  await phase(trainer.emit, 'save', () => write(trainer, 'weights.safetensors', []))
}

/** Writes a file with these facts in its metadata; returns its path. */
async function write(
  { plan, state, folder, emit }: Trainer,
  name: string,
  facts: readonly (readonly [string, string])[],
): Promise<string> {
  const path = folder.file(name)
  const metadata = new Map([['experiment', plan.name], ['backbone', plan.document.model.backbone], ...facts])
  await writeSafetensors(path, weightStreams(plan, state, { centers: true }), metadata)
  emit({ type: 'saved', what: 'weights', path, bytes: (await stat(path)).size })
  return path
}
