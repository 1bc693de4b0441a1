/**
 * Values of the graph as tensors of an ONNX model, which may have their dims in another order, and leave out dims along which
 * they are repeated: transposes and repetitions are nodes only where an operator needs them.
 */
import type { StoredTensor } from './stored-tensor.ts'

export interface View {
  /** A tensor of the file, or the name of a node's output. */
  readonly tensor: StoredTensor | string
  /**
   * The dim of the value that each dim of the tensor is; `undefined` is a dim of size 1. Dims of the value that are not here have size 1
   * or are repeated.
   */
  readonly axes: readonly (number | undefined)[]
}

/** The axes of a tensor with the dims of its value in order. */
export function inOrder(rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, dim) => dim)
}

/** Axes without dims of size 1. */
export function definedAxes(axes: View['axes']): readonly number[] {
  return axes.filter((axis) => axis !== undefined)
}

export function sameAxes(a: View['axes'], b: View['axes']): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i])
}

/** The view of another value that has the dims of this one under other numbers, or none. */
export function renamed({ tensor, axes }: View, to: (dim: number) => number | undefined): View {
  return { tensor, axes: axes.map((axis) => (axis === undefined ? undefined : to(axis))) }
}

/** Whether ONNX's own rule for repetition, from the last dim on, matches a tensor to the axes of a result. */
export function repeatsTo(axes: View['axes'], target: View['axes']): boolean {
  const lead = target.length - axes.length
  return lead >= 0 && axes.every((axis, i) => axis === undefined || axis === target[lead + i])
}

/** The axes of the result of an elementwise operator on tensors with these axes; the first that has most dims decides. */
export function jointAxes(all: readonly View['axes'][]): View['axes'] {
  const leader = all.reduce(
    (best, axes) => (definedAxes(axes).length > definedAxes(best).length ? axes : best),
    all[0] ?? [],
  )
  const missing = all.flatMap((axes) => definedAxes(axes)).filter((axis) => !leader.includes(axis))
  if (missing.length === 0) return leader
  return [...new Set([...definedAxes(leader), ...missing])].sort((a, b) => a - b)
}
