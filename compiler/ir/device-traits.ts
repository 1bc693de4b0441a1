/** How plans depend on the kind of device. */
import type { DeviceKind } from './device-kind.ts'

/** The fractions of a device's published figures that a step reaches. */
export interface Attained {
  /** What the fractions were fitted to, as text for the user. */
  readonly fit: string
  /** A product of width w (the smaller of its channel counts) reaches `compute`·w/(w + `halfWidth`) of the matrix units' peak. */
  readonly compute: number
  readonly halfWidth: number
  /** Fraction of the f32 peak that other ops reach; `grouped` applies to convolutions with few channels per group. */
  readonly general: number
  readonly grouped: number
  /** Fraction of the bandwidth that kernels over large tensors reach. */
  readonly memory: number
  /**
   * Fraction of the bytes planned for elementwise ops and sums that XLA actually moves: it fuses a sum into the kernel that
   * writes or reads the same tensor.
   */
  readonly joined: number
  /** Seconds per kernel in addition to the time for its bytes and FLOPs. */
  readonly secondsPerKernel: number
}

/**
 * V100 and A100: fitted to PLSC's static-graph f16 training at batch 128, whose kernels (channels last, fused) are closest to
 * XLA's: IResNet-50 and -100 on one of eight V100s (819 and 487 images/s) and on one A100 (1700 and 1100). The fit is within 7 %
 * of all four (`test/compiler/plan/published-speed.test.ts`). arcc itself has run on neither.
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
 * - `memory`: 383 kernels over activations moved 21.8 GB in 8.0 ms; 277 kernels of MobileFaceNet moved 12.3 GB in 4.4 ms. After
 *   subtracting 1.4 µs each, these are 2.9 and 3.0 of 3.35 TB/s.
 * - `joined`: outside of its products, IResNet-50 moves 18.3 GB where the plan has 22.0, IResNet-100 29.3 of 35.0, MobileFaceNet
 *   9.4 of 11.2.
 * - `secondsPerKernel`: 1,000 kernels that touch less than a megabyte took 1.57 µs each, 700 of MobileFaceNet 1.49 µs, inside
 *   CUDA graphs, where kernels follow without a gap.
 * - `compute`, `halfWidth`: 3×3 convolutions of 64, 128 and 256 channels ran at 370, 520 and 600 TFLOP/s, the mean of forward and
 *   both gradients; with a peak of 989 the formula gives 385, 514 and 617.
 * - `grouped`: cuDNN took 4.7 ms for 64 groups of two channels, 5.5 GFLOP in total: 1.2 of 67 TFLOP/s.
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

/** For a CPU that has not been measured; its declared figures are guesses themselves. */
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
  /** By compute capability, for devices that have one. */
  readonly attainedBy: (compute: number | undefined) => Attained
  /** What predictions from a device's published figures are based on, as text for the user. */
  readonly basis: (device: string, attained: Attained) => string
  /** Whether devices have dedicated links; virtual devices share the computer's memory. */
  readonly hasLinks: boolean
  /** How filters are stored: `ohwi` is [O,kh,kw,I], the order cuDNN reads, so no step transposes them. */
  readonly filters: 'whole' | 'ohwi'
  /** Whether gradients are all-reduced in groups, concurrently with the backward pass of earlier layers. */
  readonly groupsGradients: boolean
  /** The most bytes of the logits of a chunk of class centers, or of the centers in it, unless the experiment sets the chunk. */
  readonly chunkBytes: number
}

/** With smaller chunks, a GPU's matrix units wait for the loop; larger ones only cost memory. */
const LARGE_CHUNK = 64 * 2 ** 20

/**
 * The centers of a chunk, their gradient, their new values and the logits stay in the caches of a CPU between the ops that read them.
 * 100,000 classes of 512 numbers, 64 images, two cores with 32 MiB of cache: 64 MiB 0.18 s a step, 16 MiB 0.16, 4 MiB 0.12, 2 MiB 0.13.
 */
const CACHED_CHUNK = 4 * 2 ** 20

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
    chunkBytes: LARGE_CHUNK,
  },
  cpu: {
    attainedBy: () => guessedCpu,
    basis: (device) =>
      `declared figures of ${device}, a guess; the first arcc run measures this computer, and arcc doctor --write-machine more of it`,
    hasLinks: false,
    filters: 'whole',
    groupsGradients: false,
    chunkBytes: CACHED_CHUNK,
  },
}
