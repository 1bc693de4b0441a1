/**
 * The input gradient of a strided convolution, by phases. Along one dim, with stride s, window k, zeros p before the image:
 * dx[h] = Σ over i, o with o·s + i - p = h of dy[o]·w[i]. Write h = s·q + r. Only the places i = s·m + a with a = (r + p) mod s
 * take part, and o = q + b - m with b = (r + p - a)/s. So the pixels of phase r are a stride-1 convolution of dy with every s-th
 * row of the filter, turned; the phases then interleave.
 */
import type { ConvGeometry } from './conv-geometry.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { concatenate, convolution, fill, pad, reshape, reverse, slice } from './hlo.ts'

/** One phase along one dim. */
export interface Phase {
  /** The first contributing window place, and the number of them. */
  readonly first: number
  readonly taps: number
  /** Zeros to add to dy before and after; negative crops. */
  readonly low: number
  readonly high: number
}

/** The s phases along dim `d`; each yields ceil(image / s) pixels, the last of which may be outside the image. */
export function phasesAlong(g: ConvGeometry, d: 0 | 1): readonly Phase[] {
  const stride = g.stride[d]
  const pixels = Math.ceil(g.image[d] / stride)
  return Array.from({ length: stride }, (_, r) => {
    const first = (r + g.padding[d][0]) % stride
    const shift = (r + g.padding[d][0] - first) / stride
    const taps = Math.max(0, Math.ceil((g.window[d] - first) / stride))
    return { first, taps, low: taps - 1 - shift, high: pixels + shift - g.result[d] }
  })
}

/** Combines phases [N,⌈H/s⌉,⌈W/s'⌉,C], where `grid[r][c]` is phase r down and c across, and crops to the image. */
export function interleave(e: Emitter, g: ConvGeometry, grid: readonly (readonly Ssa[])[]): Ssa {
  const [height, width] = [Math.ceil(g.image[0] / g.stride[0]), Math.ceil(g.image[1] / g.stride[1])]
  const rows = grid.map((row) =>
    concatenate(
      e,
      row.map((phase) => reshape(e, phase, [g.batch, height, 1, width, 1, g.channels])),
      4,
    ),
  )
  const whole = [height * g.stride[0], width * g.stride[1]] as const
  const image = reshape(e, concatenate(e, rows, 2), [g.batch, ...whole, g.channels])
  return slice(e, image, [0, 0, 0, 0], [g.batch, ...g.image, g.channels])
}

/** dx [N,H,W,C] of an ungrouped convolution, from dy [N,P,Q,O] and w [kh,kw,C,O]. */
export function phasedInputGrad(e: Emitter, g: ConvGeometry, dy: Ssa, w: Ssa): Ssa {
  const { dtype } = dy.type
  const pixels = [Math.ceil(g.image[0] / g.stride[0]), Math.ceil(g.image[1] / g.stride[1])]
  const result = { dtype, shape: [g.batch, ...pixels, g.channels] }
  const grid = phasesAlong(g, 0).map((down) =>
    phasesAlong(g, 1).map((across) => {
      if (down.taps === 0 || across.taps === 0) return fill(e, result, 0)
      const start = [down.first, across.first, 0, 0]
      const part = slice(e, w, start, [...g.window, g.channels, g.features], [...g.stride, 1, 1])
      const image = pad(e, dy, [0, down.low, across.low, 0], [0, down.high, across.high, 0])
      return convolution(e, image, reverse(e, part, [0, 1]), {
        padding: [
          [0, 0],
          [0, 0],
        ],
        layout: { lhs: 'b01f', rhs: '01oi', out: 'b01f' },
        result,
      })
    }),
  )
  return interleave(e, g, grid)
}
