/**
 * How fast one device runs the ops of a graph: a roofline for each op. Published peaks are never reached, so a GPU's are scaled by
 * shares that were fitted once to published training speeds; this computer's rates are measured (`measured-rates.ts`).
 */
import type { DeviceSpec } from '../experiment.ts'
import type { OpCost } from '../ir/cost.ts'
import type { DType } from '../ir/dtype.ts'
import { type Op, operandAt } from '../ir/graph.ts'

/** Why an op does not end earlier: arithmetic, memory traffic, or the cost of starting it. */
export type Limit = 'compute' | 'memory' | 'overhead'

export interface OpSeconds {
  readonly seconds: number
  readonly limit: Limit
}

export interface DeviceRates {
  /** What the figures rest on, for people. */
  readonly basis: string
  /** One run of an op that is no collective; an op that runs inside of another one takes no time. */
  of(cost: OpCost): OpSeconds
  /** Seconds of a step beyond its ops; it takes so many bytes of temporary memory. */
  perStep(temporaryBytes: number): number
}

/**
 * Fitted to PLSC's static-graph f16 training at batch 128, whose kernels (channels last, fused) are nearest to XLA's:
 * IResNet-50 and -100 on one of eight V100 (819 and 487 images/s) and on one A100 (1700 and 1100). The fit is within 6 % of
 * all four (`test/compiler/plan/published-speed.test.ts`). A matrix product of width w, the narrower of its channel counts, reaches
 * w/(w + 96) of `compute`.
 */
const onGpu = { compute: 0.75, halfWidth: 96, general: 0.5, memory: 0.5, secondsPerKernel: 8e-6 } as const
/** Of a CPU that nobody has measured, whose declared figures are a guess by themselves. */
const onCpu = { compute: 1, halfWidth: 0, general: 0.5, memory: 0.8, secondsPerKernel: 2e-6 } as const

/** Whether an op has a kernel of its own: ops computed inside of others move no bytes, and products always have one. */
export function hasKernel(cost: OpCost): boolean {
  return isProduct(cost) || cost.bytesRead + cost.bytesWritten > 0
}

export function isProduct({ class: kind }: OpCost): boolean {
  return kind === 'matmul' || kind === 'conv'
}

/** Rates of a device by its published figures. */
export function publishedRates(device: DeviceSpec): DeviceRates {
  const { compute, halfWidth, general, memory, secondsPerKernel } = device.kind === 'cpu' ? onCpu : onGpu
  const bandwidth = device.bandwidth * memory
  const rateOf = (cost: OpCost): number => {
    if (!isProduct(cost) || isDepthwise(cost.op)) return device.flops.f32 * general
    const width = productWidth(cost.op)
    return (productRate(device, cost.op) * compute * width) / (width + halfWidth)
  }
  return {
    basis: device.kind === 'cpu' ? cpuBasis(device) : gpuBasis(device),
    perStep: () => 0,
    of(cost) {
      if (!hasKernel(cost)) return { seconds: 0, limit: 'overhead' }
      const arithmetic = cost.flops / rateOf(cost)
      const traffic = (cost.bytesRead + cost.bytesWritten) / bandwidth
      const work = Math.max(arithmetic, traffic)
      const limit = work < secondsPerKernel ? 'overhead' : arithmetic >= traffic ? 'compute' : 'memory'
      return { seconds: work + secondsPerKernel, limit }
    },
  }
}

function gpuBasis({ name }: DeviceSpec): string {
  const { compute, halfWidth, memory, secondsPerKernel } = onGpu
  return (
    `published figures of ${name}; a product of width w attains ${percent(compute)}·w/(w + ${halfWidth}) of the peak, ` +
    `memory ${percent(memory)}, a kernel takes ${secondsPerKernel * 1e6} µs to start (fitted to PLSC on V100 and A100)`
  )
}

function cpuBasis({ name }: DeviceSpec): string {
  return `declared figures of ${name}, a guess; arcc doctor --write-machine measures this computer`
}

const percent = (share: number) => `${Math.round(share * 100)} %`

/** The element type of a product's operands decides its rate. */
function productRate(device: DeviceSpec, op: Op): number {
  const dtype: DType = operandAt(op, 0).type.dtype
  const { f32, f16, bf16 } = device.flops
  if (dtype === 'f16') return f16 ?? f32
  return dtype === 'bf16' ? (bf16 ?? f32) : f32
}

/** The filter of a convolution or of one of its gradients, [kh,kw,C/groups,O]; `undefined` of other ops. */
export function filterShape(op: Op): readonly number[] | undefined {
  if (op.kind === 'conv2d' || op.kind === 'conv2d_input_grad') return operandAt(op, 1).type.shape
  return op.kind === 'conv2d_filter_grad' ? op.params.filterShape : undefined
}

/** One channel a group: no matrix product, so the vector units compute it. */
function isDepthwise(op: Op): boolean {
  const filter = filterShape(op)
  return filter !== undefined && filter[2] === 1
}

/** The narrowest side of the matrices that meet: it fills or starves the matrix units. */
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
