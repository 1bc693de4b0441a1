/**
 * How classes are split over devices. Device r of R holds [⌈r·C/R⌉, ⌈(r+1)·C/R⌉): parts differ by at most one class, and the
 * bounds of R parts are among those of every multiple of R, so anything keyed by a finer split does not depend on R.
 */
import type { ClassShard } from '../ir/state-tensor.ts'

export function classShards(classes: number, parts: number): ClassShard[] {
  const bound = (part: number) => Math.ceil((part * classes) / parts)
  return Array.from({ length: parts }, (_, part) => ({ start: bound(part), count: bound(part + 1) - bound(part) }))
}

/** Rows that every device reserves: those of the largest shard. */
export function shardRows(classes: number, parts: number): number {
  return Math.ceil(classes / parts)
}
