/**
 * Convolutions with few channels per group as one dense convolution, whose filter is zero between groups; `conv-choice.ts`
 * explains why.
 *
 * Legend: G groups of n input and m output channels, C = G·n, O = G·m; x [N,H,W,C], w [kh,kw,n,O], dense filter [kh,kw,C,O].
 */
import type { ConvGeometry } from './conv-geometry.ts'
import { plainFilterGrad, plainForward, plainInputGrad } from './conv-plain.ts'
import { type Emitter, only, type Ssa } from './emitter.ts'
import { broadcast, compare, fill, reduce, reshape } from './hlo.ts'
import { i64 } from './spelling.ts'

/** [kh,kw,G,n,G,m]: where the input's group (dim 2) and the output's (dim 4) meet. */
function blocksShape({ window, groups, channels, features }: ConvGeometry): readonly number[] {
  return [...window, groups, channels / groups, groups, features / groups]
}

/** x [kh,kw,G,n,G,m] inside its blocks, 0 outside. */
function insideBlocks(e: Emitter, x: Ssa): Ssa {
  const { shape } = x.type
  const group = (dim: number) =>
    only(e.op('stablehlo.iota', [], [{ dtype: 'i32', shape } as const], { iota_dimension: i64(dim) }))
  return only(e.op('stablehlo.select', [compare(e, 'EQ', group(2), group(4)), x, fill(e, x.type, 0)], [x.type]))
}

function denseFilter(e: Emitter, g: ConvGeometry, w: Ssa): Ssa {
  const [inputs, outputs] = [g.channels / g.groups, g.features / g.groups]
  const split = reshape(e, w, [...g.window, inputs, g.groups, outputs])
  const everywhere = broadcast(e, split, blocksShape(g), [0, 1, 3, 4, 5])
  return reshape(e, insideBlocks(e, everywhere), [...g.window, g.channels, g.features])
}

const dense = (g: ConvGeometry): ConvGeometry => ({ ...g, groups: 1 })

export function blocksForward(e: Emitter, g: ConvGeometry, x: Ssa, w: Ssa): Ssa {
  return plainForward(e, dense(g), x, denseFilter(e, g, w))
}

export function blocksInputGrad(e: Emitter, g: ConvGeometry, dy: Ssa, w: Ssa): Ssa {
  return plainInputGrad(e, dense(g), dy, denseFilter(e, g, w))
}

/** The blocks of the dense filter's gradient. */
export function blocksFilterGrad(e: Emitter, g: ConvGeometry, x: Ssa, dy: Ssa): Ssa {
  const all = reshape(e, plainFilterGrad(e, dense(g), x, dy), blocksShape(g))
  return reshape(e, reduce(e, 'add', insideBlocks(e, all), [2]), [...g.window, g.channels / g.groups, g.features])
}
