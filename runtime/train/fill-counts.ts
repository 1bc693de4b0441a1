/** Fills in how many pictures classes have, which a margin reads: they belong to the data, not to what was trained. */
import { isCount } from '../../compiler/ir/state-tensor.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Selection } from '../data/select/selection.ts'
import type { DeviceState } from '../state/device-state.ts'
import { pictureCounts } from '../state/picture-counts.ts'
import { localReplicas } from '../world.ts'
import type { Session } from './session.ts'

/** Pictures of each class, u32 [C]. */
export function countPictures({ images, classes, label }: Selection): Uint32Array {
  const counts = new Uint32Array(classes)
  for (let i = 0; i < images; i++) {
    const own = label(i)
    counts[own] = (counts[own] ?? 0) + 1
  }
  return counts
}

/**
 * Replaces the counts of a state before its first step; nothing if it has none. The result is the number of classes on the devices of
 * this process that had other counts.
 */
export async function fillCounts(
  state: DeviceState,
  { plan, engine, data }: Pick<Session, 'plan' | 'engine' | 'data'>,
): Promise<number> {
  if (!plan.state.some(isCount)) return 0
  const perClass = countPictures(data.train)
  let changed = 0
  for (const [index, spec] of plan.state.entries()) {
    if (!isCount(spec)) continue
    for (const [device, replica] of localReplicas(engine.world).entries()) {
      const shard = need(plan.shards[replica], 'the classes of a device')
      const now = pictureCounts(spec, perClass, shard)
      const { data: before } = await state.read(replica, index)
      const isFirstCopy = spec.placement === 'sharded' || replica === 0
      if (spec.role === 'class_count' && isFirstCopy)
        for (let i = 0; i < shard.count; i++) if (before[i] !== need(now.data[i], 'a count')) changed++
      state.replace(replica, index, await engine.upload(device, now))
    }
  }
  return changed
}

/** Says that classes have other numbers of pictures than when a run was saved. */
export function changedCountsText(name: string, changed: number): string {
  const classes = changed === 1 ? 'one class' : `${changed} classes`
  return `\`${name}\` has other numbers of pictures of ${classes} than when this run was saved; the margin reads those of now`
}
