/**
 * Recognizes layer normalization by the ops that the standard library builds it of.
 *
 * Legend: x y [...,C]; scale offset [C].
 */
import type { Value } from './graph.ts'
import { bothOrders, isSplat, meanAlong, operandsOf, perChannel, repeated, splatOf } from './match.ts'

export interface LayerNorm {
  readonly x: Value
  readonly scale: Value
  readonly offset: Value
  readonly epsilon: number
  /** x without its mean, divided by its deviation: y before scale and offset. */
  readonly unit: Value
}

/** (x − mean) · (variance + ε)^−½ · scale + offset over the last dim, in f32. */
export function layerNormOf(y: Value): LayerNorm | undefined {
  const last = y.type.shape.length - 1
  if (y.type.dtype !== 'f32') return undefined
  for (const [scaled, offsets] of bothOrders(y, 'add')) {
    for (const [unit, scales] of bothOrders(scaled, 'multiply')) {
      const [scale, offset] = [perChannel(scales), perChannel(offsets)]
      const parts = operandsOf(unit, 'multiply')
      const power = operandsOf(repeated(parts?.[1]), 'power')
      const sum = operandsOf(power?.[0], 'add')
      const epsilon = splatOf(sum?.[1])
      const centered = parts?.[0]
      const difference = operandsOf(centered, 'subtract')
      if (scale === undefined || offset === undefined || epsilon === undefined || difference === undefined) continue
      const x = difference[0]
      const mean = meanAlong(repeated(difference[1]))
      const variance = meanAlong(sum?.[0])
      const square = operandsOf(variance?.of, 'multiply')
      const isNorm =
        isSplat(power?.[1], -0.5) &&
        mean?.of === x &&
        mean.dim === last &&
        variance?.dim === last &&
        square?.[0] === centered &&
        square?.[1] === centered
      if (isNorm) return { x, scale, offset, epsilon, unit }
    }
  }
  return undefined
}
