/**
 * How fast one device runs the ops of a graph: a roofline for each op, and a time for each kernel. Published peaks are never reached, so
 * a GPU's are scaled by shares that were fitted once, to published training speeds or to arcc's own steps; this computer's rates are
 * measured (`measured-rates.ts`).
 */
import type { DeviceSpec } from '../experiment.ts'
import type { OpCost } from '../ir/cost.ts'
import type { DType } from '../ir/dtype.ts'
import { type Op, operandAt } from '../ir/graph.ts'
import { convForm } from '../stablehlo/conv-choice.ts'
import { type ConvKind, geometryOfOp } from '../stablehlo/conv-geometry.ts'

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

/** What a step attains of a device's published figures. */
interface Attained {
  /** What the shares were fitted to, for people. */
  readonly fit: string
  /** A product of width w, the narrower of its channel counts, attains `compute`·w/(w + `halfWidth`) of the matrix units' peak. */
  readonly compute: number
  readonly halfWidth: number
  /** Of the f32 peak, what all else attains; `grouped`: what a convolution of few channels a group does. */
  readonly general: number
  readonly grouped: number
  /** Of the bandwidth, what kernels over large tensors attain. */
  readonly memory: number
  /** Seconds that a kernel takes beside its bytes and FLOPs. */
  readonly secondsPerKernel: number
}

/**
 * V100 and A100: fitted to PLSC's static-graph f16 training at batch 128, whose kernels (channels last, fused) are nearest to XLA's:
 * IResNet-50 and -100 on one of eight V100 (819 and 487 images/s) and on one A100 (1700 and 1100). The fit is within 7 % of
 * all four (`test/compiler/plan/published-speed.test.ts`). arcc itself has run on neither.
 */
const likePlsc: Attained = {
  fit: 'fitted to PLSC on V100 and A100',
  compute: 0.75,
  halfWidth: 96,
  general: 0.5,
  grouped: 0.5,
  memory: 0.5,
  secondsPerKernel: 12e-6,
}

/**
 * H100 and newer: arcc's own steps of IResNet-50 and MobileFaceNet at 128 images, f16, kernel by kernel on one H100
 * (`docs/gpu.md`; bytes by `bench/hlo.ts`):
 * - `memory`: 383 kernels over activations moved 21.8 GB in 8.0 ms, 277 of MobileFaceNet 12.3 GB in 4.4 ms. Less 1.4 µs each these are
 *   2.9 and 3.0 of 3.35 TB/s.
 * - `secondsPerKernel`: 1,000 kernels that touch less than a megabyte took 1.57 µs each, 700 of MobileFaceNet 1.49 µs, inside of CUDA
 *   graphs, where the next one follows at once.
 * - `compute`, `halfWidth`: 3×3 convolutions of 64, 128 and 256 channels ran at 370, 520 and 600 TFLOP/s, the mean of forward and both
 *   gradients; of 989 that is 385, 514 and 617 by the formula.
 * - `grouped`: cuDNN took 4.7 ms for 64 groups of two channels, 5.5 GFLOP in all: 1.2 of 67 TFLOP/s.
 */
const measuredOnHopper: Attained = {
  fit: "measured in arcc's steps on an H100",
  compute: 0.78,
  halfWidth: 64,
  general: 0.5,
  grouped: 0.018,
  memory: 0.87,
  secondsPerKernel: 1.5e-6,
}

/** Of a CPU that nobody has measured, whose declared figures are a guess by themselves. */
const guessedCpu: Attained = {
  fit: 'a guess',
  compute: 1,
  halfWidth: 0,
  general: 0.5,
  grouped: 0.5,
  memory: 0.8,
  secondsPerKernel: 2e-6,
}

function attainedBy({ kind, compute }: DeviceSpec): Attained {
  if (kind === 'cpu') return guessedCpu
  return compute !== undefined && compute >= 9 ? measuredOnHopper : likePlsc
}

/** From so many bytes on, a sum takes a second kernel that adds up the sums of the first one's blocks. */
const summedInTwo = 1e6

function kernelsOf(cost: OpCost): number {
  return cost.class === 'reduce' && cost.bytesRead >= summedInTwo ? 2 : 1
}

/** Whether an op has a kernel of its own: ops computed inside of others move no bytes, and products always have one. */
export function hasKernel(cost: OpCost): boolean {
  return isProduct(cost) || cost.bytesRead + cost.bytesWritten > 0
}

export function isProduct({ class: kind }: Pick<OpCost, 'class'>): boolean {
  return kind === 'matmul' || kind === 'conv'
}

/** Rates of a device by its published figures. */
export function publishedRates(device: DeviceSpec): DeviceRates {
  const attained = attainedBy(device)
  const bandwidth = device.bandwidth * attained.memory
  return {
    basis: device.kind === 'cpu' ? cpuBasis(device) : gpuBasis(device, attained),
    perStep: () => 0,
    of(cost) {
      if (!hasKernel(cost)) return { seconds: 0, limit: 'overhead' }
      const start = attained.secondsPerKernel * kernelsOf(cost)
      const arithmetic = cost.flops / arithmeticRate(device, attained, cost)
      const traffic = (cost.bytesRead + cost.bytesWritten) / bandwidth
      const work = Math.max(arithmetic, traffic)
      const limit = work < start ? 'overhead' : arithmetic >= traffic ? 'compute' : 'memory'
      return { seconds: work + start, limit }
    },
  }
}

/** FLOP/s of an op. */
function arithmeticRate(device: DeviceSpec, attained: Attained, { op, ...cost }: OpCost): number {
  const { compute, halfWidth, general, grouped } = attained
  const ofWidth = (width: number) => (productRate(device, op) * compute * width) / (width + halfWidth)
  if (!isProduct(cost) || isDepthwise(op)) return device.flops.f32 * general
  if (!isConvolution(op) || device.kind === 'cpu') return ofWidth(productWidth(op))
  const geometry = geometryOfOp(op)
  if (geometry.groups === 1) return ofWidth(productWidth(op))
  if (convForm('cuda', op.kind, geometry) === 'plain') return device.flops.f32 * grouped
  // Written as one convolution of all channels, with zeros between the groups.
  return ofWidth(Math.min(geometry.channels, geometry.features)) / geometry.groups
}

function gpuBasis({ name }: DeviceSpec, { compute, halfWidth, memory, secondsPerKernel, fit }: Attained): string {
  return (
    `published figures of ${name}; a product of width w attains ${percent(compute)}·w/(w + ${halfWidth}) of the peak, ` +
    `memory ${percent(memory)}, a kernel takes ${secondsPerKernel * 1e6} µs to start (${fit})`
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

function isConvolution(op: Op): op is Extract<Op, { kind: ConvKind }> {
  return op.kind === 'conv2d' || op.kind === 'conv2d_input_grad' || op.kind === 'conv2d_filter_grad'
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
