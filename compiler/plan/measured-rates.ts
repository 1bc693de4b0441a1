/**
 * The rates of this computer from its measured profile: an op takes the time per FLOP or byte of the most similar measured ops, by
 * formulation first and then by size.
 */

import type { ConvolutionRate, MachineProfile, StreamKind } from '../host/machine-profile.ts'
import type { OpCost } from '../ir/cost.ts'
import { deviceTraits } from '../ir/device-traits.ts'
import { byteSize, type TensorType } from '../ir/dtype.ts'
import type { Op } from '../ir/graph.ts'
import type { ConvKind } from '../ir/op-family.ts'
import { rowsMoved } from '../ir/table-rows.ts'
import { convForm } from '../stablehlo/conv-choice.ts'
import { type ConvGeometry, geometryOfOp } from '../stablehlo/conv-geometry.ts'
import { type DeviceRates, hasKernel, isProduct, type OpSeconds, productWidth } from './device-rates.ts'
import { equalLinks, type LinkRates } from './links.ts'
import { convolutionPlace, convolutionSizes, interpolated, nearbyRate } from './nearby-rates.ts'

const byDoctor = 'by arcc doctor --write-machine'
const byFirstPlan = 'before its first plan; arcc doctor --write-machine measures more'

/** The rates of each of `devices` virtual devices that share the computer. */
export function measuredRates(profile: MachineProfile, devices: number): DeviceRates {
  const { seconds, products, computer, cores, engine, quick = false } = profile
  const share = 1 / devices
  const product = (cost: OpCost): number => {
    const { op } = cost
    if (op.kind === 'conv2d' || op.kind === 'conv2d_input_grad' || op.kind === 'conv2d_filter_grad')
      return convolutionRate(profile.convolutions, op.kind, geometryOfOp(op))
    return productRate(products, productWidth(op))
  }
  return {
    basis: `measured on this computer (${computer}, ${cores} cores, ${engine}) ${quick ? byFirstPlan : byDoctor}`,
    perStep: (temporaryBytes) => seconds.program + seconds.byte * temporaryBytes * devices,
    of(cost, isInLoop): OpSeconds {
      if (!hasKernel(cost)) return { seconds: 0, limit: 'overhead' }
      const work = (isProduct(cost) ? cost.flops / product(cost) : streamSeconds(profile, cost, isInLoop)) / share
      const limit = work < seconds.kernel ? 'overhead' : isProduct(cost) ? 'compute' : 'memory'
      return { seconds: work + seconds.kernel, limit }
    },
  }
}

export function measuredLinks(profile: MachineProfile, devices: number): LinkRates {
  return equalLinks(devices, profile.links.bandwidth, profile.links.latency)
}

/** What an op moves in a loop stays in the caches, but for the rows of a table that it reads or writes. */
function streamSeconds(profile: MachineProfile, cost: OpCost, isInLoop: boolean): number {
  const bytes = cost.bytesRead + cost.bytesWritten
  const ofMemory = streamRate(profile, streamKind(cost), largestTensor(cost.op))
  const rows = isInLoop ? bytesOfTable(cost.op) : undefined
  if (profile.cached === undefined || rows === undefined) return bytes / ofMemory
  const moved = Math.min(rows, bytes)
  return moved / ofMemory + (bytes - moved) / profile.cached
}

/** Bytes that an op in a loop moves between a table and the caches; `undefined` if its tensors are too large for these. */
function bytesOfTable(op: Op): number | undefined {
  const rows = rowsMoved(op)?.type
  if (byteSize(rows ?? largestTensor(op)) > deviceTraits.cpu.chunkBytes) return undefined
  return rows === undefined ? 0 : byteSize(rows)
}

function streamKind(cost: OpCost): StreamKind {
  const { kind } = cost.op
  if (kind === 'batch_norm_training' || kind === 'batch_norm_grad') return kind
  return cost.class === 'reduce' ? 'reduce' : 'elementwise'
}

/** Whether an op stays in the caches depends on the largest tensor that it touches. */
function largestTensor(op: Op): TensorType {
  return [...op.operands, ...op.results]
    .map((value) => value.type)
    .reduce((a, b) => (byteSize(b) > byteSize(a) ? b : a))
}

function productRate(products: MachineProfile['products'], width: number): number {
  return interpolated(
    products.map((point) => ({ x: point.width, rate: point.rate })),
    width,
  )
}

/** Sums over all but the last dim are slow if the last dim is short; elementwise ops do not depend on it. */
function streamRate(profile: MachineProfile, kind: StreamKind, tensor: TensorType): number {
  const place = (bytes: number, channels: number) =>
    kind === 'elementwise' ? [Math.log(bytes)] : [Math.log(bytes), Math.log(channels)]
  const points = profile.streams
    .filter((stream) => stream.kind === kind)
    .map(({ bytes, channels, rate }) => ({ at: place(bytes, channels), rate }))
  return nearbyRate(points, place(Math.max(byteSize(tensor), 1), Math.max(tensor.shape.at(-1) ?? 1, 1)))
}

function convolutionRate(measured: readonly ConvolutionRate[], kind: ConvKind, g: ConvGeometry): number {
  const form = convForm('cpu', kind, g)
  const own = measured.filter((rate) => rate.kind === kind)
  const same = own.filter((rate) => rate.form === form)
  const wanted = convolutionPlace(convolutionSizes(g))
  const points = (same.length > 0 ? same : own).map((rate) => ({ at: convolutionPlace(rate), rate: rate.rate }))
  return nearbyRate(points, wanted)
}
