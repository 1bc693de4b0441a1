/** Where a state is read from when a run does not start anew: a checkpoint, or files of another program. */
import type { HostTensor } from '../engine.ts'

/** Named tensors, in the dim order of files: filters are [O,I,kh,kw], tables of classes have row i for class i. */
export interface StateSource {
  has(name: string): boolean
  /** The shape of a tensor that it has. */
  shape(name: string): readonly number[]
  /** Rows [first, first + count) of a tensor that it has, a new copy; `rows(name, 0, 1)` of a scalar is the scalar. */
  rows(name: string, first: number, count: number): Promise<HostTensor>
}

/** A tensor as a whole. */
export function wholeTensor(source: StateSource, name: string): Promise<HostTensor> {
  return source.rows(name, 0, source.shape(name)[0] ?? 1)
}

const replicasPrefix = 'replicas/'

/**
 * The name of the copies [R,…] of a tensor that each of R devices has for itself, such as running statistics without
 * synchronization. Sources without them have one for all devices, by its own name.
 */
export function replicasName(name: string): string {
  return `${replicasPrefix}${name}`
}

/** Whether a name is one that `replicasName` gives. */
export function isOfReplicas(name: string): boolean {
  return name.startsWith(replicasPrefix)
}
