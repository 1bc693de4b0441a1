/**
 * Max pooling, written out: the maximum of one strided slice of the images for each place in the window. XLA fuses the slices into
 * one loop over the result, where `reduce_window` and `select_and_scatter` are loops over windows on the CPU, and the latter needs
 * atomic additions on a GPU.
 *
 * Legend: x dx [N,H,W,C], y dy [N,P,Q,C], kh kw the window.
 */
import type { OpOf } from '../ir/graph.ts'
import type { PoolKind } from '../ir/op-family.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier, binary, compare, convert, fill, pad, scalar, slice, sum } from './hlo.ts'
import { at, type EmitRules } from './rule.ts'

interface Place {
  /** Its position in the window, row by row. */
  readonly number: number
  /** Elements of the padded images before the first one that it sees, and after the last, by dim. */
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** The places of the window over images that are `tall` by `wide` with their padding; `pooled` is the shape of the result. */
function placesOf(
  { window: [kh, kw], stride }: OpOf<PoolKind>['params'],
  [tall, wide]: readonly [number, number],
  pooled: readonly number[],
): readonly Place[] {
  const [, high = 0, long = 0] = pooled
  return Array.from({ length: kh * kw }, (_, number) => {
    const [i, j] = [Math.floor(number / kw), number % kw]
    const after = [tall - i - ((high - 1) * stride[0] + 1), wide - j - ((long - 1) * stride[1] + 1)] as const
    return { number, low: [0, i, j, 0], high: [0, ...after, 0] }
  })
}

/** The images with a border that is never the maximum, and their elements under a place of the window: [N,P,Q,C]. */
function seenBy(e: Emitter, op: OpOf<PoolKind>, x: Ssa, pooled: readonly number[]) {
  const [[top, bottom], [left, right]] = op.params.padding
  const least = scalar(e, x.type.dtype, Number.NEGATIVE_INFINITY)
  const padded = pad(e, x, [0, top, left, 0], [0, bottom, right, 0], [0, 0, 0, 0], least)
  const [, tall = 0, wide = 0] = padded.type.shape
  const places = placesOf(op.params, [tall, wide], pooled)
  const under = ({ low, high }: Place) =>
    slice(
      e,
      padded,
      low,
      padded.type.shape.map((size, dim) => size - (high[dim] ?? 0)),
      [1, ...op.params.stride, 1],
    )
  return { places, under }
}

export const poolRules: EmitRules<PoolKind> = {
  max_pool: (e, op, operands) => {
    const { places, under } = seenBy(e, op, at(operands, 0), op.results[0]?.type.shape ?? [])
    return [places.map(under).reduce((largest, seen) => binary(e, 'maximum', largest, seen))]
  },
  max_pool_grad: (e, op, operands) => {
    const [x, y, dy] = [at(operands, 0), at(operands, 1), at(operands, 2)]
    const { shape } = y.type
    const { places, under } = seenBy(e, op, x, shape)
    const numbers = { dtype: 'i32', shape } as const
    // From the last place to the first, so that the first of equal ones remains.
    const first = places.reduceRight(
      (found, place) => {
        const isHere = compare(e, 'EQ', under(place), y)
        const operandsOfSelect = [isHere, fill(e, numbers, place.number), found]
        return at(e.op('stablehlo.select', operandsOfSelect, [numbers]), 0)
      },
      fill(e, numbers, places.length),
    )
    // Stored once, instead of computed again for each place.
    const chosen = at(barrier(e, [first]), 0)
    const wide = convert(e, dy, dy.type.dtype === 'f64' ? 'f64' : 'f32')
    const nothing = fill(e, wide.type, 0)
    const [rows, columns] = op.params.stride
    const parts = places.map(({ number, low, high }) => {
      const isHere = compare(e, 'EQ', chosen, fill(e, numbers, number))
      const part = at(e.op('stablehlo.select', [isHere, wide, nothing], [wide.type]), 0)
      return pad(e, part, low, high, [0, rows - 1, columns - 1, 0])
    })
    const [[top], [left]] = op.params.padding
    const start = [0, top, left, 0]
    const gradient = slice(
      e,
      sum(e, parts),
      start,
      x.type.shape.map((size, dim) => size + (start[dim] ?? 0)),
    )
    return [convert(e, gradient, x.type.dtype)]
  },
}
