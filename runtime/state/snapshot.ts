/** A copy of a state in host memory, which training no longer changes; it can be passed to another thread. */
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../engine.ts'
import { holders, type StateLayout, type StoredState } from './stored-state.ts'

/** Plain data: `tensors[i]` are the copies of state tensor i, one for each of its `holders`. */
export interface Snapshot extends StateLayout {
  readonly tensors: readonly (readonly HostTensor[])[]
}

/** Copies a state; each part once. */
export async function takeSnapshot(stored: StoredState): Promise<Snapshot> {
  const { state, shards } = stored
  const tensors: HostTensor[][] = []
  for (const [index, spec] of state.entries())
    tensors.push(await Promise.all(holders(spec, shards.length).map((replica) => stored.read(replica, index))))
  return { state, shards, tensors }
}

/** The copy as a state that can be read. */
export function snapshotState({ state, shards, tensors }: Snapshot): StoredState {
  return {
    state,
    shards,
    async read(replica, index) {
      const copies = need(tensors[index], `state ${index}`)
      return need(copies[copies.length === 1 ? 0 : replica], `state ${index} of replica ${replica}`)
    },
  }
}
