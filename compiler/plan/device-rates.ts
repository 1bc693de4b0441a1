/**
 * The speed of one device: a roofline for each op, and a launch time for each kernel. Published peaks are never reached, so they are
 * scaled by the fractions in `device-traits.ts`; the rates of this computer are measured (`measured-rates.ts`).
 */
import type { DeviceSpec } from '../experiment/experiment.ts'
import type { OpCost } from '../ir/cost.ts'
import { type Attained, deviceTraits } from '../ir/device-traits.ts'
import type { DType } from '../ir/dtype.ts'
import { type Op, operandAt } from '../ir/graph.ts'
import type { ConvKind } from '../ir/op-family.ts'
import { convForm } from '../stablehlo/conv-choice.ts'
import { geometryOfOp } from '../stablehlo/conv-geometry.ts'

/** What limits an op: arithmetic, memory traffic, or the launch time. */
export const limits = ['compute', 'memory', 'overhead'] as const
export type Limit = (typeof limits)[number]

export interface OpSeconds {
  readonly seconds: number
  readonly limit: Limit
}

export interface DeviceRates {
  /** The basis of the figures, for display. */
  readonly basis: string
  /**
   * The time of one execution of an op that is not a collective; an op fused into another one takes no time. The small tensors of an op
   * inside a loop stay in the caches of a CPU.
   */
  of(cost: OpCost, isInLoop: boolean): OpSeconds
  /** Seconds of a step beyond its ops, for a given size of temporary memory in bytes. */
  perStep(temporaryBytes: number): number
}

/** From this many bytes on, a sum takes a second kernel that adds up the block sums of the first one. */
const summedInTwo = 1e6

function kernelsOf(cost: OpCost): number {
  return cost.class === 'reduce' && cost.bytesRead >= summedInTwo ? 2 : 1
}

/** Whether an op has its own kernel: fused ops move no bytes, and products always have one. */
export function hasKernel(cost: OpCost): boolean {
  return isProduct(cost) || cost.bytesRead + cost.bytesWritten > 0
}

export function isProduct({ class: kind }: Pick<OpCost, 'class'>): boolean {
  return kind === 'matmul' || kind === 'conv'
}

/** The rates of a device by its published figures. */
export function publishedRates(device: DeviceSpec): DeviceRates {
  const { attainedBy, basis } = deviceTraits[device.kind]
  const attained = attainedBy(device.compute)
  const bandwidth = device.bandwidth * attained.memory
  return {
    basis: basis(device.name, attained),
    perStep: () => 0,
    of(cost) {
      if (!hasKernel(cost)) return { seconds: 0, limit: 'overhead' }
      const start = attained.secondsPerKernel * kernelsOf(cost)
      const arithmetic = cost.flops / arithmeticRate(device, attained, cost)
      const moved = (cost.bytesRead + cost.bytesWritten) * (isProduct(cost) ? 1 : attained.joined)
      const traffic = moved / bandwidth
      const work = Math.max(arithmetic, traffic)
      const limit = work < start ? 'overhead' : arithmetic >= traffic ? 'compute' : 'memory'
      return { seconds: work + start, limit }
    },
  }
}

/** The FLOP/s of an op. */
function arithmeticRate(device: DeviceSpec, attained: Attained, { op, ...cost }: OpCost): number {
  const { compute, halfWidth, general, grouped } = attained
  const ofWidth = (width: number) => (productRate(device, op) * compute * width) / (width + halfWidth)
  if (!isProduct(cost) || isDepthwise(op)) return device.flops.f32 * general
  if (!isConvolution(op) || device.kind === 'cpu') return ofWidth(productWidth(op))
  const geometry = geometryOfOp(op)
  if (geometry.groups === 1) return ofWidth(productWidth(op))
  if (convForm(device.kind, op.kind, geometry) === 'plain') return device.flops.f32 * grouped
  // Emitted as one convolution of all channels, with zeros between the groups.
  return ofWidth(Math.min(geometry.channels, geometry.features)) / geometry.groups
}

/** The rate of a product depends on the element type of its operands. */
function productRate(device: DeviceSpec, op: Op): number {
  const dtype: DType = operandAt(op, 0).type.dtype
  const { f32, f16, bf16 } = device.flops
  if (dtype === 'f16') return f16 ?? f32
  return dtype === 'bf16' ? (bf16 ?? f32) : f32
}

/** The filter of a convolution or of one of its gradients, [kh,kw,C/groups,O]; `undefined` for other ops. */
export function filterShape(op: Op): readonly number[] | undefined {
  if (op.kind === 'conv2d' || op.kind === 'conv2d_input_grad') return operandAt(op, 1).type.shape
  return op.kind === 'conv2d_filter_grad' ? op.params.filterShape : undefined
}

/** One channel per group: not a matrix product, so the vector units compute it. */
function isDepthwise(op: Op): boolean {
  const filter = filterShape(op)
  return filter !== undefined && filter[2] === 1
}

function isConvolution(op: Op): op is Extract<Op, { kind: ConvKind }> {
  return op.kind === 'conv2d' || op.kind === 'conv2d_input_grad' || op.kind === 'conv2d_filter_grad'
}

/** The narrowest side of the multiplied matrices, which determines the utilization of the matrix units. */
export function productWidth(op: Op): number {
  const filter = filterShape(op)
  if (filter !== undefined) return Math.min(filter[2] ?? 1, filter[3] ?? 1)
  if (op.kind !== 'dot_general') return 1
  const { lhsBatch, lhsContract, rhsBatch, rhsContract } = op.params
  const left = operandAt(op, 0).type.shape
  const right = operandAt(op, 1).type.shape
  const product = (shape: readonly number[], skip: readonly number[]) =>
    shape.reduce((size, n, dim) => (skip.includes(dim) ? size : size * n), 1)
  const summed = lhsContract.reduce((size, dim) => size * (left[dim] ?? 1), 1)
  return Math.min(summed, product(left, [...lhsBatch, ...lhsContract]), product(right, [...rhsBatch, ...rhsContract]))
}
