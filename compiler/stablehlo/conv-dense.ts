/**
 * Ungrouped convolutions as matrix products, and filter gradients in parts.
 *
 * Legend: x dx [N,H,W,C], w dw [kh,kw,C,O], y dy [N,P,Q,O].
 */
import { tileCount } from './conv-choice.ts'
import type { ConvGeometry } from './conv-geometry.ts'
import { plainFilterGrad } from './conv-plain.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier, concatenate, dot, pad, reshape, slice, sum } from './hlo.ts'
import { at } from './rule.ts'

/** Every stride-th pixel. */
function strided(e: Emitter, g: ConvGeometry, x: Ssa): Ssa {
  const limit = [g.batch, ...([0, 1] as const).map((d) => (g.result[d] - 1) * g.stride[d] + 1), g.channels]
  return slice(e, x, [0, 0, 0, 0], limit, [1, ...g.stride, 1])
}

export function dotForward(e: Emitter, g: ConvGeometry, x: Ssa, w: Ssa): Ssa {
  const matrix = reshape(e, w, [g.channels, g.features])
  return dot(e, strided(e, g, x), matrix, { lhsContract: [3], rhsContract: [0] })
}

export function dotInputGrad(e: Emitter, g: ConvGeometry, dy: Ssa, w: Ssa): Ssa {
  const matrix = reshape(e, w, [g.channels, g.features])
  const pixels = dot(e, dy, matrix, { lhsContract: [3], rhsContract: [1] })
  const rest = ([0, 1] as const).map((d) => g.image[d] - ((g.result[d] - 1) * g.stride[d] + 1))
  return pad(e, pixels, [0, 0, 0, 0], [0, ...rest, 0], [0, g.stride[0] - 1, g.stride[1] - 1, 0])
}

export function dotFilterGrad(e: Emitter, g: ConvGeometry, x: Ssa, dy: Ssa): Ssa {
  const pixels = [0, 1, 2]
  const matrix = dot(e, strided(e, g, x), dy, { lhsContract: pixels, rhsContract: pixels })
  return reshape(e, matrix, [1, 1, g.channels, g.features])
}

/** x with its zero padding. */
export function padImages(e: Emitter, g: ConvGeometry, x: Ssa): Ssa {
  const [vertical, horizontal] = g.padding
  return pad(e, x, [0, vertical[0], horizontal[0], 0], [0, vertical[1], horizontal[1], 0])
}

/** The pixels of the padded x that window place (i, j) meets: [N,P,Q,channels]. */
export function tap(e: Emitter, g: ConvGeometry, padded: Ssa, i: number, j: number): Ssa {
  const channels = padded.type.shape[3] ?? 0
  const limit = [i + (g.result[0] - 1) * g.stride[0] + 1, j + (g.result[1] - 1) * g.stride[1] + 1]
  return slice(e, padded, [0, i, j, 0], [g.batch, ...limit, channels], [1, ...g.stride, 1])
}

/**
 * dw by one matrix product per window row: the row's kw shifted images side by side, times dy. Barriers serialize the rows, so
 * that only one row's copy of the images is alive at a time.
 */
export function rowsFilterGrad(e: Emitter, g: ConvGeometry, x: Ssa, dy: Ssa): Ssa {
  let images = padImages(e, g, x)
  let gradient = dy
  const pixels = [0, 1, 2]
  const rows: Ssa[] = []
  for (let i = 0; i < g.window[0]; i++) {
    const shifted = Array.from({ length: g.window[1] }, (_, j) => tap(e, g, images, i, j))
    const product = dot(e, concatenate(e, shifted, 3), gradient, { lhsContract: pixels, rhsContract: pixels })
    const ordered = barrier(e, [images, gradient, product])
    images = at(ordered, 0)
    gradient = at(ordered, 1)
    rows.push(reshape(e, at(ordered, 2), [1, g.window[1], g.channels, g.features]))
  }
  return concatenate(e, rows, 0)
}

/** dw of a stride-1 convolution as the sum over tiles of the result: XLA's window is then the tile instead of the image. */
export function tiledFilterGrad(e: Emitter, g: ConvGeometry, x: Ssa, dy: Ssa): Ssa {
  const images = padImages(e, g, x)
  const count = tileCount(g)
  const cuts = ([0, 1] as const).map((d) =>
    Array.from({ length: count }, (_, t) => {
      const from = Math.floor((g.result[d] * t) / count)
      return { from, size: Math.floor((g.result[d] * (t + 1)) / count) - from }
    }),
  )
  const [down = [], across = []] = cuts
  const parts = down.flatMap((v) =>
    across.map((h) => {
      const image = [v.size + g.window[0] - 1, h.size + g.window[1] - 1] as const
      const start = [0, v.from, h.from, 0]
      const part = slice(e, images, start, [g.batch, v.from + image[0], h.from + image[1], g.channels])
      const gradient = slice(e, dy, start, [g.batch, v.from + v.size, h.from + h.size, g.features])
      const none = [0, 0] as const
      const tile = { ...g, image, result: [v.size, h.size] as const, padding: [none, none] as const }
      return plainFilterGrad(e, tile, part, gradient)
    }),
  )
  return sum(e, parts)
}
