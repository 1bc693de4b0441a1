/**
 * A state as its devices store it, wherever it is: on the devices (`DeviceState`) or copied to the host (`snapshot.ts`).
 *
 * Legend: M rows of a class table on one device, of which the first `count` of its shard hold classes; C all classes.
 */
import { byteSize, dtypeBytes, elementCount } from '../../compiler/ir/dtype.ts'
import { type ClassShard, isClassTable, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { HostTensor } from '../engine.ts'
import { localReplicas, oneProcess, type World } from '../world.ts'

/** What the state consists of, and which classes each replica has. */
export interface StateLayout {
  readonly state: readonly StateTensor[]
  /** In replica order, those of all processes. */
  readonly shards: readonly ClassShard[]
  /** Whose replicas are here, of those of all processes; missing if all of them are. */
  readonly world?: World
}

export interface StoredState extends StateLayout {
  /** State tensor `index` of a replica that is here, with the padding rows of a class table. The caller must not change it. */
  read(replica: number, index: number): Promise<HostTensor>
}

/** Whose replicas are here. */
export function worldIn({ shards, world = oneProcess(shards.length) }: StateLayout): World {
  return world
}

/**
 * The replicas of this process whose copies of a tensor are the state: all for a part of the classes and for local buffers, otherwise
 * the first of all processes.
 */
export function holders({ placement }: StateTensor, layout: StateLayout): readonly number[] {
  const own = localReplicas(worldIn(layout))
  return placement === 'replicated' ? own.filter((replica) => replica === 0) : own
}

/** Bytes of this process's part of a state on the host. */
export function stateBytes(layout: StateLayout): number {
  return layout.state.reduce((sum, spec) => sum + byteSize(spec) * holders(spec, layout).length, 0)
}

/** C. */
export function classCount({ shards }: StateLayout): number {
  return Math.max(0, ...shards.map(({ start, count }) => start + count))
}

/** The tables of the classes, with their indices in the state. */
export function classTables({ state }: StateLayout): readonly { readonly index: number; readonly spec: StateTensor }[] {
  return state.flatMap((spec, index) => (isClassTable(spec) ? [{ index, spec }] : []))
}

/** Bytes of the row of one class, in all tables together. */
export function classRowBytes(layout: StateLayout): number {
  return classTables(layout).reduce(
    (sum, { spec }) => sum + elementCount(spec.shape.slice(1)) * dtypeBytes[spec.dtype],
    0,
  )
}

/** A part of consecutive classes on one replica: its rows `from` to `to` - 1. */
export interface RowsOnReplica {
  readonly replica: number
  readonly from: number
  readonly to: number
}

/** Where the rows of classes [first, first + count) of a table are, in class order. */
export function rowsOnReplicas(
  { shards }: StateLayout,
  { placement }: StateTensor,
  { start: first, count }: ClassShard,
): readonly RowsOnReplica[] {
  const own = placement === 'sharded' ? shards : shards.slice(0, 1)
  return own.flatMap((shard, replica) => {
    const from = Math.max(0, first - shard.start)
    const to = Math.min(shard.count, first + count - shard.start)
    return from < to ? [{ replica, from, to }] : []
  })
}
