/**
 * Classes with several centers, sub-center ArcFace (Deng et al., ECCV 2020, "Sub-center ArcFace: Boosting Face Recognition by
 * Large-Scale Noisy Web Faces"): the cosine of a class is the greatest of its centers', and only that center learns from the row. A
 * row of the tables has all centers of its class, so that shards, samples, chunks and checkpoints know only classes.
 *
 * Legend: B rows, K classes of a chunk, S centers of a class, D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'

/** The first, second … center of each class, S of [K,D], from [K,S·D]. */
export function splitCenters(b: GraphBuilder, rows: Value, perClass: number): readonly Value[] {
  if (perClass === 1) return [rows]
  const width = (rows.type.shape[1] ?? 0) / perClass
  return Array.from({ length: perClass }, (_, s) => ops.sliceDim(b, rows, 1, s * width, (s + 1) * width))
}

/** The inverse of `splitCenters`. */
export function joinCenters(b: GraphBuilder, parts: readonly Value[]): Value {
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : ops.concatenate(b, parts, 1)
}

export interface Closest {
  /** The greatest of the S values, [B,K]. */
  readonly greatest: Value
  /** Which of them it is, the first of equal ones, i32 [B,K]; `undefined` for one. */
  readonly which: Value | undefined
}

/** `values` are S of [B,K]. */
export function closestOf(b: GraphBuilder, [first, ...others]: readonly Value[]): Closest {
  const start: Closest = { greatest: need(first, 'a center'), which: undefined }
  return others.reduce((sofar, value, i): Closest => {
    const { greatest, which = ops.splat(b, 0, { dtype: 'i32', shape: greatest.type.shape }) } = sofar
    const isCloser = ops.compare(b, 'GT', value, greatest)
    return {
      greatest: ops.maximum(b, value, greatest),
      which: ops.select(b, isCloser, ops.splat(b, i + 1, which.type), which),
    }
  }, start)
}

/** The part of the gradient of the greatest value, [B,K], that belongs to value `s`. */
export function gradientOf(b: GraphBuilder, { which }: Pick<Closest, 'which'>, s: number, gradient: Value): Value {
  if (which === undefined) return gradient
  return ops.select(b, ops.compare(b, 'EQ', which, s), gradient, 0)
}
