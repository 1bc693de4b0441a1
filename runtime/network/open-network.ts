/** Opens the weights of a network for a plan without training: a file, a checkpoint, or a run. */

import { centersTable } from '../../compiler/ir/state-tensor.ts'
import type { NetworkPlan } from '../../compiler/plan/network-plan.ts'
import type { Resumable } from '../checkpoint/newest-intact.ts'
import type { Checkpoint } from '../checkpoint/open-checkpoint.ts'
import { findStateDict, type StateDict } from '../start/state-dict.ts'
import { openWeightsSource } from '../start/weights-source.ts'
import { fileShape } from '../state/named-streams.ts'

/** The shapes of the network's tensors by name, in the dim order of files. */
export function networkShapes({ state }: Pick<NetworkPlan, 'state'>): ReadonlyMap<string, readonly number[]> {
  return new Map(state.flatMap(({ holds }) => holds.map((named) => [named.name, fileShape(named)] as const)))
}

/** Weights that fit a network. */
export interface NetworkWeights {
  /** The file that they are in. */
  readonly path: string
  readonly tensors: StateDict
  /** The checkpoint that the file belongs to; its hashes are right. */
  readonly checkpoint: Checkpoint | undefined
  /** Newer checkpoints of the run, which are damaged. */
  readonly damaged: Resumable['damaged']
  /** SHA-256 of the file, as hexadecimal digits. */
  sha256(): Promise<string>
  close(): Promise<void>
}

/**
 * The caller closes it. Of a run or a checkpoint with averages, these are the weights. Throws ARC6760 to ARC6764 if the file is
 * unusable or does not fit, and ARC670x of damaged checkpoints.
 */
export async function openNetwork(plan: NetworkPlan, path: string): Promise<NetworkWeights> {
  const { file, checkpoint, damaged, close } = await openWeightsSource(path, false)
  try {
    const tensors = findStateDict(file.path, file.dictionaries, {
      backbone: plan.backbone,
      shapes: networkShapes(plan),
      except: [],
      // A file of arcc may have the centers with the network.
      beside: new Set(checkpoint === undefined ? [centersTable] : []),
    })
    return { path: file.path, tensors, checkpoint, damaged, sha256: () => file.sha256(), close }
  } catch (error) {
    await close()
    throw error
  }
}
