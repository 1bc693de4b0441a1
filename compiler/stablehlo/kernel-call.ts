/** A part of a graph that a kernel of arcc's own computes. */
import type { Value } from '../ir/graph.ts'
import type { Emitter, Ssa } from './emitter.ts'

export interface KernelCall {
  /** What it reads, in the order of its operands. */
  readonly reads: readonly Value[]
  /** What it computes; each result as all values that are equal to it. */
  readonly results: readonly (readonly Value[])[]
  /** Writes the call; returns a value for each result. */
  readonly emit: (e: Emitter, operands: readonly Ssa[]) => readonly Ssa[]
}
