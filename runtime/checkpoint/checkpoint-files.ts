/**
 * Which file of a checkpoint holds which tensor: the backbone's state dict; the optimizer and everything else that all devices
 * share; what each device has for itself; and the class tables, by global class number.
 *
 * Legend: R replicas, C classes, D embedding width.
 */
import { isClassTable, isOfNetwork, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import { stateDictFormat, type TensorStream, tensorFileBytes } from '../safetensors.ts'
import { backboneStreams, namedStreams, tableStreams } from '../state/named-streams.ts'
import { classCount, classRowBytes, type StateLayout, type StoredState } from '../state/stored-state.ts'
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
const replicasFile = 'replicas.safetensors'

/** `centers-00001-of-00004.safetensors`; `number` counts from 1. */
export function centersFile(number: number, count: number): string {
  const digits = (n: number) => String(n).padStart(5, '0')
  return `centers-${digits(number)}-of-${digits(count)}.safetensors`
}

export const centersFilePattern = /^centers-\d{5}-of-\d{5}\.safetensors$/

/** The classes of each of `count` files, as even as possible. Metadata says which they are. */
export function classRanges(
  classes: number,
  count: number,
): readonly { readonly start: number; readonly count: number }[] {
  const bound = (file: number) => Math.floor((file * classes) / count)
  return Array.from({ length: count }, (_, file) => ({ start: bound(file), count: bound(file + 1) - bound(file) }))
}

/** The metadata of a file with the rows of consecutive classes. */
export function centersMetadata(first: number, count: number): ReadonlyMap<string, string> {
  return new Map([
    ['first_class', String(first)],
    ['classes', String(count)],
  ])
}

/** Each device has its own, and there are several devices. */
const isLocal = (spec: StateTensor, { shards }: StateLayout) => spec.placement === 'local' && shards.length > 1

/**
 * The files of a checkpoint, without the manifest; those that would be empty are left out. `mostBytes` is the largest size of a file
 * with class tables.
 */
export function checkpointFiles(
  stored: StoredState,
  facts: ReadonlyMap<string, string>,
  mostBytes = tableFileBytes,
): readonly CheckpointFile[] {
  const others = namedStreams(stored, (spec) => !isOfNetwork(spec) && !isClassTable(spec))
  const files: CheckpointFile[] = [
    { name: backboneFile, metadata: new Map([stateDictFormat, ...facts]), tensors: backboneStreams(stored) },
    { name: optimizerFile, metadata: facts, tensors: others },
    { name: replicasFile, metadata: facts, tensors: replicaStreams(stored) },
  ]
  return [...files.filter(({ tensors }) => tensors.size > 0), ...centersFiles(stored, mostBytes)]
}

/** The size of a checkpoint's files, in bytes. */
export function checkpointBytes(layout: StateLayout): number {
  const unread: StoredState = { ...layout, read: () => Promise.reject(new Error('only the layout is known')) }
  return checkpointFiles(unread, new Map()).reduce(
    (sum, { tensors, metadata }) => sum + tensorFileBytes(tensors, metadata),
    0,
  )
}

function centersFiles(stored: StoredState, mostBytes: number): CheckpointFile[] {
  const classes = classCount(stored)
  const bytes = classes * classRowBytes(stored)
  if (bytes === 0) return []
  const ranges = classRanges(classes, Math.min(classes, Math.ceil(bytes / mostBytes)))
  const shared = keepingLast(stored)
  return ranges.map((range, i) => ({
    name: centersFile(i + 1, ranges.length),
    metadata: centersMetadata(range.start, range.count),
    tensors: tableStreams(shared, range),
  }))
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

/** What each device has for itself, one after the other: [R,…]. */
function replicaStreams(stored: StoredState): Map<string, TensorStream> {
  const own = stored.shards.map((_, replica) => namedStreams(stored, (spec) => isLocal(spec, stored), replica))
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
