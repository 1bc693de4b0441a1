/**
 * A state as its devices store it, wherever it is: on the devices (`DeviceState`) or copied to the host (`snapshot.ts`).
 *
 * Legend: M rows of a class table on one device, of which the first `count` of its shard hold classes; C all classes.
 */
import { byteSize, dtypeBytes, elementCount } from '../../compiler/ir/dtype.ts'
import { type ClassShard, isClassTable, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { HostTensor } from '../engine.ts'

/** What the state consists of, and which classes each replica has. */
export interface StateLayout {
  readonly state: readonly StateTensor[]
  /** In replica order. */
  readonly shards: readonly ClassShard[]
}

export interface StoredState extends StateLayout {
  /** State tensor `index` of one replica, with the padding rows of a class table. The caller must not change it. */
  read(replica: number, index: number): Promise<HostTensor>
}

/** The replicas whose copies of a tensor differ: all for a part of the classes and for local buffers, otherwise the first. */
export function holders({ placement }: StateTensor, replicas: number): readonly number[] {
  return placement === 'replicated' ? [0] : Array.from({ length: replicas }, (_, replica) => replica)
}

/** Bytes of a state on the host, each part once. */
export function stateBytes({ state, shards }: StateLayout): number {
  return state.reduce((sum, spec) => sum + byteSize(spec) * holders(spec, shards.length).length, 0)
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
