/**
 * Which file of a checkpoint holds which tensor: the backbone's state dict; the optimizer and everything else that all devices
 * share; what each device has for itself; and the class tables, by global class number.
 *
 * Legend: R replicas, C classes, D embedding width.
 */
import { type ClassShard, isClassTable, isOfNetwork, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import { stateDictFormat, type TensorStream, tensorFileBytes } from '../safetensors.ts'
import { backboneStreams, namedStreams, tableStreams } from '../state/named-streams.ts'
import {
  classCount,
  classRowBytes,
  classTables,
  holders,
  type StateLayout,
  type StoredState,
  worldIn,
} from '../state/stored-state.ts'
import { localReplicas, processes, type World } from '../world.ts'
import { replicasName } from './state-source.ts'

export interface CheckpointFile {
  readonly name: string
  readonly metadata: ReadonlyMap<string, string>
  readonly tensors: ReadonlyMap<string, TensorStream>
}

/** The largest size of a file with class tables, about: one that any file system and tool takes. */
const tableFileBytes = 2 ** 31

export const backboneFile = 'backbone.safetensors'
export const optimizerFile = 'optimizer.safetensors'

/** `00001-of-00004`; `number` counts from 1. */
function partName(number: number, count: number): string {
  const digits = (n: number) => String(n).padStart(5, '0')
  return `${digits(number)}-of-${digits(count)}`
}

/** `centers-00001-of-00004.safetensors`; `number` counts from 1. */
export function centersFile(number: number, count: number): string {
  return `centers-${partName(number, count)}.safetensors`
}

/** A process of several has a file of its own: `replicas-00001-of-00002.safetensors`. */
function replicasFile(world: World): string {
  const nodes = processes(world)
  return nodes === 1 ? 'replicas.safetensors' : `replicas-${partName(world.rank + 1, nodes)}.safetensors`
}

export const centersFilePattern = /^centers-\d{5}-of-\d{5}\.safetensors$/
export const replicasFilePattern = /^replicas-\d{5}-of-\d{5}\.safetensors$/

/** The parts of classes for each of `count` files, as even as possible. Metadata says which they are. */
export function classRanges({ start, count: classes }: ClassShard, count: number): readonly ClassShard[] {
  const bound = (file: number) => start + Math.floor((file * classes) / count)
  return Array.from({ length: count }, (_, file) => ({ start: bound(file), count: bound(file + 1) - bound(file) }))
}

/** The metadata of a file with the rows of consecutive classes. */
export function centersMetadata(first: number, count: number): ReadonlyMap<string, string> {
  return new Map([
    ['first_class', String(first)],
    ['classes', String(count)],
  ])
}

/** The metadata of a file with what consecutive replicas have for themselves. */
function replicasMetadata(facts: ReadonlyMap<string, string>, world: World): ReadonlyMap<string, string> {
  if (processes(world) === 1) return facts
  const [first = 0] = localReplicas(world)
  return new Map([...facts, ['first_replica', String(first)], ['replicas', String(world.local)]])
}

/** Each device has its own, and there are several devices. */
const isLocal = (spec: StateTensor, { shards }: StateLayout) => spec.placement === 'local' && shards.length > 1

/**
 * The files of a checkpoint that this process writes, without the manifest; those that would be empty are left out. What all devices
 * share is written by the first process. `mostBytes` is the largest size of a file with class tables.
 */
export function checkpointFiles(
  stored: StoredState,
  facts: ReadonlyMap<string, string>,
  mostBytes = tableFileBytes,
): readonly CheckpointFile[] {
  const world = worldIn(stored)
  const others = namedStreams(stored, (spec) => !isOfNetwork(spec) && !isClassTable(spec))
  const shared: CheckpointFile[] = [
    { name: backboneFile, metadata: new Map([stateDictFormat, ...facts]), tensors: backboneStreams(stored) },
    { name: optimizerFile, metadata: facts, tensors: others },
  ]
  const files: CheckpointFile[] = [
    ...(world.rank === 0 ? shared : []),
    { name: replicasFile(world), metadata: replicasMetadata(facts, world), tensors: replicaStreams(stored) },
  ]
  return [...files.filter(({ tensors }) => tensors.size > 0), ...centersFiles(stored, mostBytes)]
}

/** The size of a checkpoint's files, in bytes: of those that this process writes, or of all without `layout.world`. */
export function checkpointBytes(layout: StateLayout): number {
  const unread: StoredState = { ...layout, read: () => Promise.reject(new Error('only the layout is known')) }
  return checkpointFiles(unread, new Map()).reduce(
    (sum, { tensors, metadata }) => sum + tensorFileBytes(tensors, metadata),
    0,
  )
}

/** Those of this process; all processes together number theirs in class order. */
function centersFiles(stored: StoredState, mostBytes: number): CheckpointFile[] {
  const world = worldIn(stored)
  const rowBytes = classRowBytes(stored)
  if (rowBytes === 0) return []
  const ranges = Array.from({ length: processes(world) }, (_, rank) => {
    const classes = classesToWrite(stored, { ...world, rank })
    return classRanges(classes, Math.min(classes.count, Math.ceil((classes.count * rowBytes) / mostBytes)))
  })
  const before = ranges.slice(0, world.rank).flat().length
  const all = ranges.flat().length
  const shared = keepingLast(stored)
  return (ranges[world.rank] ?? []).map((range, i) => ({
    name: centersFile(before + i + 1, all),
    metadata: centersMetadata(range.start, range.count),
    tensors: tableStreams(shared, range),
  }))
}

/** The classes whose rows a process writes: those of its devices; the first process writes tables that all devices have. */
function classesToWrite(layout: StateLayout, world: World): ClassShard {
  const [table] = classTables(layout)
  const writers = table === undefined ? [] : holders(table.spec, { ...layout, world })
  const shards = writers.flatMap((replica) => layout.shards[replica] ?? [])
  const start = Math.min(...shards.map((shard) => shard.start))
  return shards.length === 0 ? { start: 0, count: 0 } : { start, count: classCount({ ...layout, shards }) - start }
}

/**
 * Reads each table of each replica once although it goes to several files: what was read last is kept for each table. Files
 * are written in class order, so this is at most one device's part of the tables.
 */
function keepingLast(stored: StoredState): StoredState {
  const last = new Map<number, { readonly replica: number; readonly tensor: ReturnType<StoredState['read']> }>()
  return {
    state: stored.state,
    shards: stored.shards,
    world: worldIn(stored),
    read(replica, index) {
      const kept = last.get(index)
      if (kept?.replica === replica) return kept.tensor
      last.delete(index)
      const tensor = stored.read(replica, index)
      last.set(index, { replica, tensor })
      return tensor
    },
  }
}

/** What each device of this process has for itself, one after the other: [R,…]. */
function replicaStreams(stored: StoredState): Map<string, TensorStream> {
  const own = localReplicas(worldIn(stored)).map((replica) =>
    namedStreams(stored, (spec) => isLocal(spec, stored), replica),
  )
  const [first = new Map<string, TensorStream>()] = own
  return new Map(
    [...first].map(([name, { dtype, shape }]) => [
      replicasName(name),
      {
        dtype,
        shape: [own.length, ...shape],
        async *pieces() {
          for (const streams of own) yield* streams.get(name)?.pieces() ?? []
        },
      },
    ]),
  )
}
