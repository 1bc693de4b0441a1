/** Saves what a run has trained: checkpoints, from which it can be resumed, and the weights of the network alone. */

import { bug } from '../../grammar/diagnostic.ts'
import { type SaveReason, sha256Of } from '../checkpoint/manifest.ts'
import { writeSafetensors } from '../safetensors.ts'
import { networkStreams } from '../state/named-streams.ts'
import { phase } from './phase.ts'
import type { Trainer } from './trainer.ts'
import { weightsMetadata, weightsName } from './weights-file.ts'

/**
 * Writes the state after the last step as a checkpoint; one that exists already stays. No step may be in flight. At an interval and
 * for a new best verification, it resolves when training can go on, and a failure of the disk is a warning; for other reasons, it
 * resolves when the checkpoint is on the disk. The nodes write it together, unless this one `isAlone`. Throws ARC6404, ARC6707 and errors of devices.
 */
export async function saveCheckpoint(trainer: Trainer, reason: SaveReason, isAlone = false): Promise<void> {
  const { plan, state, steps, checkpoints, verified, version, emit } = trainer
  if (state.steps !== steps) bug(`the state after ${state.steps} steps where ${steps} have ended`)
  const facts = {
    experiment: plan.name,
    step: steps,
    epoch: steps / plan.run.stepsPerEpoch,
    reason,
    devices: plan.replicas,
    arcc: version,
    plan: sha256Of(JSON.stringify(plan.document)),
    metrics: verified?.step === steps ? [...verified.metrics] : [],
  }
  const isAside = reason === 'interval' || reason === 'best'
  await phase(emit, 'save', () =>
    isAside ? checkpoints.save(state, facts) : checkpoints.saveNow(state, facts, isAlone),
  )
}

/** Writes `weights.safetensors`, the state dict of the backbone; the first node does. Throws ARC6404 if writing fails. */
export async function saveWeights({ plan, state, steps, folder, joint, emit }: Trainer): Promise<void> {
  await phase(emit, 'save', async () => {
    const path = folder.file(weightsName)
    const { bytes } = await joint.first('the weights', () =>
      writeSafetensors(path, networkStreams(state), weightsMetadata(plan, steps)),
    )
    emit({ type: 'saved', what: 'weights', path, bytes, step: steps })
  })
}
