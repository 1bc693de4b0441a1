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

/**
 * Rows of classes [K,S·D] as rows of centers [K·S,D]. Tables are not cut into columns: XLA updates a table in place only if all that
 * reads it reads whole rows.
 */
export function rowPerCenter(b: GraphBuilder, rows: Value, perClass: number): Value {
  const [count = 0, width = 0] = rows.type.shape
  return perClass === 1 ? rows : ops.reshape(b, rows, [count * perClass, width / perClass])
}

/** The inverse of `rowPerCenter`. */
export function rowPerClass(b: GraphBuilder, rows: Value, perClass: number): Value {
  const [count = 0, width = 0] = rows.type.shape
  return perClass === 1 ? rows : ops.reshape(b, rows, [count / perClass, width * perClass])
}

/** A value for the first, second … center of each class, S of [B,K], from [B,K·S]. */
function byCenter(b: GraphBuilder, values: Value, perClass: number): readonly Value[] {
  const [rows = 0, columns = 0] = values.type.shape
  const classes = columns / perClass
  const cube = ops.reshape(b, values, [rows, classes, perClass])
  return Array.from({ length: perClass }, (_, s) => ops.reshape(b, ops.sliceDim(b, cube, 2, s, s + 1), [rows, classes]))
}

export interface Closest {
  /** The greatest value of each class, [B,K]. */
  readonly greatest: Value
  /** Which of its centers has it, the first of equal ones, i32 [B,K]; `undefined` for one. */
  readonly which: Value | undefined
}

/** `values` [B,K·S]: one for each center. */
export function closestOf(b: GraphBuilder, values: Value, perClass: number): Closest {
  if (perClass === 1) return { greatest: values, which: undefined }
  const [first, ...others] = byCenter(b, values, perClass)
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

/** The gradient of each center's value, [B,K·S], from that of the greatest values, [B,K]. */
export function gradientByCenter(
  b: GraphBuilder,
  { which }: Pick<Closest, 'which'>,
  gradient: Value,
  perClass: number,
): Value {
  if (which === undefined) return gradient
  const [rows = 0, classes = 0] = gradient.type.shape
  const shape = [rows, classes, perClass]
  const center = ops.iota(b, { dtype: 'i32', shape }, 2)
  const over = (x: Value) => ops.broadcastTo(b, x, shape, [0, 1])
  const own = ops.select(b, ops.compare(b, 'EQ', center, over(which)), over(gradient), 0)
  return ops.reshape(b, own, [rows, classes * perClass])
}
