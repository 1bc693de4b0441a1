/**
 * Rates of this computer from its measured profile: an op takes the time per FLOP or byte of the measured ones that are most like
 * it, by formulation first and by size then.
 */
import { bug } from '../../grammar/diagnostic.ts'
import type { OpCost } from '../ir/cost.ts'
import { byteSize, type TensorType } from '../ir/dtype.ts'
import type { Op } from '../ir/graph.ts'
import { convForm } from '../stablehlo/conv-choice.ts'
import { type ConvGeometry, type ConvKind, geometryOfOp } from '../stablehlo/conv-geometry.ts'
import { type DeviceRates, hasKernel, isProduct, type OpSeconds, productWidth } from './device-rates.ts'
import { type LinkRates, linkRates } from './links.ts'
import type { ConvolutionRate, MachineProfile, StreamKind } from './machine-profile.ts'

/** Rates of each of `devices` virtual devices that share the computer. */
export function measuredRates(profile: MachineProfile, devices: number): DeviceRates {
  const { seconds, products, computer, cores, engine } = profile
  const share = 1 / devices
  const product = (cost: OpCost): number => {
    const { op } = cost
    if (op.kind === 'conv2d' || op.kind === 'conv2d_input_grad' || op.kind === 'conv2d_filter_grad')
      return convolutionRate(profile.convolutions, op.kind, geometryOfOp(op))
    return productRate(products, productWidth(op))
  }
  return {
    basis: `measured on this computer (${computer}, ${cores} cores, ${engine}) by arcc doctor --write-machine`,
    perStep: (temporaryBytes) => seconds.program + seconds.byte * temporaryBytes * devices,
    of(cost): OpSeconds {
      if (!hasKernel(cost)) return { seconds: 0, limit: 'overhead' }
      const bytes = cost.bytesRead + cost.bytesWritten
      const work = isProduct(cost)
        ? cost.flops / product(cost) / share
        : bytes / streamRate(profile, streamKind(cost), largestTensor(cost.op)) / share
      const limit = work < seconds.kernel ? 'overhead' : isProduct(cost) ? 'compute' : 'memory'
      return { seconds: work + seconds.kernel, limit }
    },
  }
}

export function measuredLinks(profile: MachineProfile, devices: number): LinkRates {
  return linkRates(devices, profile.links.bandwidth, profile.links.latency)
}

function streamKind(cost: OpCost): StreamKind {
  const { kind } = cost.op
  if (kind === 'batch_norm_training' || kind === 'batch_norm_grad') return kind
  return cost.class === 'reduce' ? 'reduce' : 'elementwise'
}

/** Whether an op stays in the caches is a matter of the largest tensor that it touches. */
function largestTensor(op: Op): TensorType {
  return [...op.operands, ...op.results]
    .map((value) => value.type)
    .reduce((a, b) => (byteSize(b) > byteSize(a) ? b : a))
}

interface Point {
  /** Where it was measured, in natural logarithms. */
  readonly at: readonly number[]
  readonly rate: number
}

/** The geometric mean of the rates of the points, weighted by how near they are; that of a point itself where it was measured. */
function nearbyRate(points: readonly Point[], at: readonly number[]): number {
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

/** Linear in the logarithms between two measured points; beyond the outermost ones as there. */
function interpolated(points: readonly { readonly x: number; readonly rate: number }[], x: number): number {
  const sorted = [...points].sort((a, b) => a.x - b.x)
  const above = sorted.find((point) => point.x >= x)
  const below = sorted.findLast((point) => point.x <= x)
  if (above === undefined || below === undefined) return (above ?? below ?? bug('a profile without points')).rate
  if (above.x === below.x) return above.rate
  const share = Math.log(x / below.x) / Math.log(above.x / below.x)
  return below.rate ** (1 - share) * above.rate ** share
}

function productRate(products: MachineProfile['products'], width: number): number {
  return interpolated(
    products.map((point) => ({ x: point.width, rate: point.rate })),
    width,
  )
}

/** Sums over all but the last dim are slow where it is short; ops on single elements do not care. */
function streamRate(profile: MachineProfile, kind: StreamKind, tensor: TensorType): number {
  const place = (bytes: number, channels: number) =>
    kind === 'elementwise' ? [Math.log(bytes)] : [Math.log(bytes), Math.log(channels)]
  const points = profile.streams
    .filter((stream) => stream.kind === kind)
    .map(({ bytes, channels, rate }) => ({ at: place(bytes, channels), rate }))
  return nearbyRate(points, place(Math.max(byteSize(tensor), 1), Math.max(tensor.shape.at(-1) ?? 1, 1)))
}

/** Sizes by which convolutions of one formulation are told apart; a group's channels count, not the image's alone. */
function place(c: Omit<ConvolutionRate, 'kind' | 'form' | 'rate'>): readonly number[] {
  const perGroup = [c.channels / c.groups, c.features / c.groups].map((n) => Math.log(n))
  return [...perGroup, Math.log(c.side), Math.log(c.window), Math.log(c.stride)]
}

function convolutionRate(measured: readonly ConvolutionRate[], kind: ConvKind, g: ConvGeometry): number {
  const form = convForm('cpu', kind, g)
  const own = measured.filter((rate) => rate.kind === kind)
  const same = own.filter((rate) => rate.form === form)
  const wanted = place({
    channels: g.channels,
    features: g.features,
    side: g.image[0],
    window: g.window[0],
    stride: g.stride[0],
    groups: g.groups,
  })
  const points = (same.length > 0 ? same : own).map((rate) => ({ at: place(rate), rate: rate.rate }))
  return nearbyRate(points, wanted)
}
