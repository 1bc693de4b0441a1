/**
 * Convolutions with few channels per group, depthwise ones in particular, as shifted multiply-adds on whole images: XLA's own
 * loop for them is thirty times slower (`bench/convolutions.ts`).
 *
 * With n = C/G channels in and out per group, channel c = n·γ + o of the result needs n products per window place, one from each
 * channel of its group. Rotating the images by r inside every group, x_r[n·γ + o] = x[n·γ + (o + r) mod n], aligns each of them
 * with its result channel, so that y = Σ_r Σ_place shift(x_r)·w_r with one coefficient per channel,
 * w_r[place, n·γ + o] = w[place, (o + r) mod n, n·γ + o]. Depthwise is n = 1.
 *
 * Legend: x dx [N,H,W,C], w dw [kh,kw,n,C], y dy [N,P,Q,C], w_r d_r [kh,kw,C].
 */
import { padImages, tap } from './conv-dense.ts'
import type { ConvGeometry } from './conv-geometry.ts'
import { interleave, type Phase, phasesAlong } from './conv-phases.ts'
import { exchangeChannels } from './conv-plain.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { alongLast, barrier, broadcast, concatenate, fill, multiply, pad, reduce, reshape, slice, sum } from './hlo.ts'
import { at } from './rule.ts'

/** 0, 1, …, n-1 */
function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

/** x_r: every group's channels rotated left by `r`. */
function turn(e: Emitter, g: ConvGeometry, x: Ssa, r: number): Ssa {
  if (r === 0) return x
  const n = g.channels / g.groups
  const { shape } = x.type
  const split = reshape(e, x, [...shape.slice(0, -1), g.groups, n])
  const part = (from: number, to: number): Ssa =>
    slice(e, split, split.type.shape.map(() => 0).with(-1, from), split.type.shape.with(-1, to))
  return reshape(e, concatenate(e, [part(r, n), part(0, r)], shape.length), shape)
}

/** Element (i, o) of every group's n × n matrix: [kh,kw,1,G,1]. */
function matrixElement(e: Emitter, g: ConvGeometry, w: Ssa, i: number, o: number): Ssa {
  const n = g.channels / g.groups
  const split = reshape(e, w, [...g.window, n, g.groups, n])
  return slice(e, split, [0, 0, i, 0, o], [...g.window, i + 1, g.groups, o + 1])
}

/** The coefficients of one window place, broadcast over a result's shape. */
function coefficients(e: Emitter, g: ConvGeometry, w: Ssa): readonly Ssa[] {
  const n = g.channels / g.groups
  return range(n).map((r) => {
    const columns = range(n).map((o) => matrixElement(e, g, w, (o + r) % n, o))
    return reshape(e, concatenate(e, columns, 4), [...g.window, g.channels])
  })
}

/** The coefficients of one window place over a result's shape. */
function spread(e: Emitter, coefficient: Ssa, i: number, j: number, shape: readonly number[]): Ssa {
  const channels = shape.at(-1) ?? 0
  const place = slice(e, coefficient, [i, j, 0], [i + 1, j + 1, channels])
  return alongLast(e, reshape(e, place, [channels]), shape)
}

/** The images, rotated by every r and padded. Rotated ones are computed once, not in each of their uses. */
function turned(e: Emitter, g: ConvGeometry, x: Ssa, prepare: (image: Ssa) => Ssa): readonly Ssa[] {
  const n = g.channels / g.groups
  const images = range(n).map((r) => prepare(turn(e, g, x, r)))
  return n === 1 ? images : barrier(e, images)
}

export function lanesForward(e: Emitter, g: ConvGeometry, x: Ssa, w: Ssa): Ssa {
  const weights = coefficients(e, g, w)
  const shape = [g.batch, ...g.result, g.channels]
  const products = turned(e, g, x, (image) => padImages(e, g, image)).flatMap((image, r) =>
    range(g.window[0]).flatMap((i) =>
      range(g.window[1]).map((j) => multiply(e, tap(e, g, image, i, j), spread(e, at(weights, r), i, j, shape))),
    ),
  )
  return sum(e, products)
}

/** One phase of dx: window place first + stride·m meets dy at `shift - m`, which is m places from the end of the padded dy. */
function inputGradPhase(
  e: Emitter,
  g: ConvGeometry,
  images: readonly Ssa[],
  weights: readonly Ssa[],
  down: Phase,
  across: Phase,
): Ssa {
  const pixels = [Math.ceil(g.image[0] / g.stride[0]), Math.ceil(g.image[1] / g.stride[1])] as const
  const shape = [g.batch, ...pixels, g.channels]
  const products = images.flatMap((image, r) => {
    const padded = pad(e, image, [0, down.low, across.low, 0], [0, down.high, across.high, 0])
    return range(down.taps).flatMap((m) =>
      range(across.taps).map((k) => {
        const [top, left] = [down.taps - 1 - m, across.taps - 1 - k]
        const shifted = slice(e, padded, [0, top, left, 0], [g.batch, top + pixels[0], left + pixels[1], g.channels])
        const [i, j] = [down.first + g.stride[0] * m, across.first + g.stride[1] * k]
        return multiply(e, shifted, spread(e, at(weights, r), i, j, shape))
      }),
    )
  })
  return products.length === 0 ? fill(e, { dtype: at(images, 0).type.dtype, shape }, 0) : sum(e, products)
}

export function lanesInputGrad(e: Emitter, g: ConvGeometry, dy: Ssa, w: Ssa): Ssa {
  const weights = coefficients(e, g, exchangeChannels(e, g, w))
  const images = turned(e, g, dy, (image) => image)
  const grid = phasesAlong(g, 0).map((down) =>
    phasesAlong(g, 1).map((across) => inputGradPhase(e, g, images, weights, down, across)),
  )
  return interleave(e, g, grid)
}

/**
 * d_r[place, c] = Σ shift(x_r)·dy over pixels, one reduction per place. XLA copies each shifted image; barriers serialize the
 * places, so that one copy at a time is alive and stays in the cache: three to five times faster than all at once.
 */
export function lanesFilterGrad(e: Emitter, g: ConvGeometry, x: Ssa, dy: Ssa): Ssa {
  const n = g.channels / g.groups
  let gradient = dy
  const sums = turned(e, g, x, (image) => padImages(e, g, image)).map((padded) => {
    let image = padded
    const places: Ssa[] = []
    for (const i of range(g.window[0])) {
      for (const j of range(g.window[1])) {
        const total = reduce(e, 'add', multiply(e, tap(e, g, image, i, j), gradient), [0, 1, 2])
        const ordered = barrier(e, [image, gradient, total])
        image = at(ordered, 0)
        gradient = at(ordered, 1)
        places.push(reshape(e, at(ordered, 2), [1, g.channels]))
      }
    }
    return reshape(e, concatenate(e, places, 0), [...g.window, 1, g.groups, n])
  })
  if (n === 1) return reshape(e, at(sums, 0), [...g.window, 1, g.channels])
  const rows = range(n).map((i) => {
    const elements = range(n).map((o) =>
      slice(e, at(sums, (i - o + n) % n), [0, 0, 0, 0, o], [...g.window, 1, g.groups, o + 1]),
    )
    return reshape(e, concatenate(e, elements, 4), [...g.window, 1, g.channels])
  })
  return concatenate(e, rows, 2)
}

/** w [H,W,1,C] over the batch of x's shape. */
function overBatch(e: Emitter, g: ConvGeometry, w: Ssa): Ssa {
  return broadcast(e, reshape(e, w, [...g.window, g.channels]), [g.batch, ...g.window, g.channels], [1, 2, 3])
}

/** dy [N,1,1,C] over the pixels of x's shape. */
function overPixels(e: Emitter, g: ConvGeometry, dy: Ssa): Ssa {
  return broadcast(e, reshape(e, dy, [g.batch, g.channels]), [g.batch, ...g.window, g.channels], [0, 3])
}

/** y of a depthwise window that covers the whole image. */
export function wholeForward(e: Emitter, g: ConvGeometry, x: Ssa, w: Ssa): Ssa {
  return reshape(e, reduce(e, 'add', multiply(e, x, overBatch(e, g, w)), [1, 2]), [g.batch, 1, 1, g.channels])
}

export function wholeInputGrad(e: Emitter, g: ConvGeometry, dy: Ssa, w: Ssa): Ssa {
  return multiply(e, overPixels(e, g, dy), overBatch(e, g, w))
}

export function wholeFilterGrad(e: Emitter, g: ConvGeometry, x: Ssa, dy: Ssa): Ssa {
  return reshape(e, reduce(e, 'add', multiply(e, x, overPixels(e, g, dy)), [0]), [...g.window, 1, g.channels])
}
