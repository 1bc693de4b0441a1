/** What the plan of a machine takes from the kind of its devices. */
import type { DeviceKind } from './device-kind.ts'

/** What a step attains of a device's published figures. */
export interface Attained {
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
  /**
   * Of the bytes that the plan counts for element-wise ops and sums, what XLA moves: it takes a sum along in the kernel that writes or
   * reads the same tensor.
   */
  readonly joined: number
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
  joined: 1,
  secondsPerKernel: 12e-6,
}

/**
 * H100 and newer: arcc's own steps of IResNet-50 and MobileFaceNet at 128 images, f16, kernel by kernel on one H100
 * (`docs/gpu.md`; bytes by `bench/hlo.ts`):
 * - `memory`: 383 kernels over activations moved 21.8 GB in 8.0 ms, 277 of MobileFaceNet 12.3 GB in 4.4 ms. Less 1.4 µs each these are
 *   2.9 and 3.0 of 3.35 TB/s.
 * - `joined`: IResNet-50 moves 18.3 GB beside its products where the plan has 22.0, IResNet-100 29.3 of 35.0, MobileFaceNet 9.4 of 11.2.
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
  joined: 0.83,
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
  joined: 1,
  secondsPerKernel: 2e-6,
}

export interface DeviceTraits {
  /** By the compute capability, where there is one. */
  readonly attainedBy: (compute: number | undefined) => Attained
  /** What times by the published figures of a device rest on, for people. */
  readonly basis: (device: string, attained: Attained) => string
  /** Whether devices are linked by wires of their own; virtual ones share the computer's memory. */
  readonly hasLinks: boolean
  /** How filters are stored: `ohwi` is [O,kh,kw,I], which cuDNN reads, so that none is turned in a step. */
  readonly filters: 'whole' | 'ohwi'
  /** Whether gradients travel between devices in groups, each beside the backward pass of earlier layers. */
  readonly groupsGradients: boolean
}

const percent = (share: number) => `${Math.round(share * 100)} %`

export const deviceTraits: { readonly [K in DeviceKind]: DeviceTraits } = {
  cuda: {
    attainedBy: (compute) => (compute !== undefined && compute >= 9 ? measuredOnHopper : likePlsc),
    basis: (device, { compute, halfWidth, memory, secondsPerKernel, fit }) =>
      `published figures of ${device}; a product of width w attains ${percent(compute)}·w/(w + ${halfWidth}) of the peak, ` +
      `memory ${percent(memory)}, a kernel takes ${secondsPerKernel * 1e6} µs to start (${fit})`,
    hasLinks: true,
    filters: 'ohwi',
    groupsGradients: true,
  },
  cpu: {
    attainedBy: () => guessedCpu,
    basis: (device) => `declared figures of ${device}, a guess; arcc doctor --write-machine measures this computer`,
    hasLinks: false,
    filters: 'whole',
    groupsGradients: false,
  },
}
