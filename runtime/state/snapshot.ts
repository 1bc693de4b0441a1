/** A copy of a state in host memory, which training no longer changes; it can be passed to another thread. */
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../engine.ts'
import { holders, type StateLayout, type StoredState, worldIn } from './stored-state.ts'

/** Plain data: `tensors[i]` are the copies of state tensor i, one for each of its `holders` in this process. */
export interface Snapshot extends StateLayout {
  readonly tensors: readonly (readonly HostTensor[])[]
}

/** Copies this process's part of a state; each part once. */
export async function takeSnapshot(stored: StoredState): Promise<Snapshot> {
  const { state, shards } = stored
  const tensors: HostTensor[][] = []
  for (const [index, spec] of state.entries())
    tensors.push(await Promise.all(holders(spec, stored).map((replica) => stored.read(replica, index))))
  return { state, shards, world: worldIn(stored), tensors }
}

/** The copy as a state that can be read. */
export function snapshotState({ tensors, ...layout }: Snapshot): StoredState {
  return {
    ...layout,
    async read(replica, index) {
      const copies = need(tensors[index], `state ${index}`)
      const at = holders(need(layout.state[index], `state ${index}`), layout).indexOf(replica)
      return need(copies[copies.length === 1 ? 0 : at], `state ${index} of replica ${replica}`)
    },
  }
}
