/** Interpolates between measured rates: the rate of an op that was not measured, from the most similar ones. */
import { bug } from '../../grammar/diagnostic.ts'
import type { ConvolutionRate } from '../host/machine-profile.ts'
import type { ConvGeometry } from '../stablehlo/conv-geometry.ts'

export interface Point {
  /** The sizes of the measurement, as natural logarithms. */
  readonly at: readonly number[]
  readonly rate: number
}

/** The geometric mean of the rates, weighted by proximity; at a measured point, its own rate. */
export function nearbyRate(points: readonly Point[], at: readonly number[]): number {
  let weights = 0
  let sum = 0
  for (const point of points) {
    const squares = point.at.reduce((total, x, i) => total + (x - (at[i] ?? 0)) ** 2, 0)
    if (squares < 1e-6) return point.rate
    const weight = 1 / squares ** 2
    weights += weight
    sum += weight * Math.log(point.rate)
  }
  if (weights === 0) bug('a profile without points')
  return Math.exp(sum / weights)
}

/** Linear in the logarithms between two measured points; constant beyond the outermost ones. */
export function interpolated(points: readonly { readonly x: number; readonly rate: number }[], x: number): number {
  const sorted = [...points].sort((a, b) => a.x - b.x)
  const above = sorted.find((point) => point.x >= x)
  const below = sorted.findLast((point) => point.x <= x)
  if (above === undefined || below === undefined) return (above ?? below ?? bug('a profile without points')).rate
  if (above.x === below.x) return above.rate
  const share = Math.log(x / below.x) / Math.log(above.x / below.x)
  return below.rate ** (1 - share) * above.rate ** share
}

export type ConvolutionSizes = Omit<ConvolutionRate, 'kind' | 'form' | 'rate'>

export function convolutionSizes(g: ConvGeometry): ConvolutionSizes {
  const { channels, features, groups } = g
  return { channels, features, side: g.image[0], window: g.window[0], stride: g.stride[0], groups }
}

/** The sizes that distinguish convolutions of one formulation; they include the channels of a group. */
export function convolutionPlace(c: ConvolutionSizes): readonly number[] {
  const perGroup = [c.channels / c.groups, c.features / c.groups].map((n) => Math.log(n))
  return [...perGroup, Math.log(c.side), Math.log(c.window), Math.log(c.stride)]
}
