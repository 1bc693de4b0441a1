/**
 * The GPUs that arcc can compile for without having one: the values that XLA would otherwise query from the driver. The figures
 * are the driver's, as published by the OpenXLA project (xla/backends/gpu/target_config/specs).
 */

export interface GpuFigures {
  /** The driver's name. */
  readonly name: string
  /** Compute capability. */
  readonly compute: readonly [major: number, minor: number]
  /** Whether XLA may use features specific to this architecture (`sm_90a`: asynchronous matrix products). */
  readonly accelerated: boolean
  /** Streaming multiprocessors. */
  readonly cores: number
  /** f32 units per multiprocessor. */
  readonly unitsPerCore: number
  /** Bytes per multiprocessor, and the maximum per block. */
  readonly sharedMemory: { readonly perCore: number; readonly perBlock: number }
  /** Bytes. */
  readonly l2: number
  readonly clockGhz: number
  /** Bytes per second. */
  readonly bandwidth: number
  /** Bytes, excluding error correction. */
  readonly memory: number
}

const volta = {
  compute: [7, 0],
  accelerated: false,
  cores: 80,
  unitsPerCore: 64,
  sharedMemory: { perCore: 98_304, perBlock: 98_304 },
  l2: 6_291_456,
  clockGhz: 1.53,
  bandwidth: 898_048_000_000,
} as const

const ampere = {
  compute: [8, 0],
  accelerated: false,
  cores: 108,
  unitsPerCore: 64,
  sharedMemory: { perCore: 167_936, perBlock: 166_912 },
  l2: 41_943_040,
  clockGhz: 1.41,
} as const

const hopper = {
  compute: [9, 0],
  accelerated: true,
  cores: 132,
  unitsPerCore: 128,
  sharedMemory: { perCore: 233_472, perBlock: 232_448 },
  l2: 52_428_800,
  clockGhz: 1.98,
} as const

export const gpuTable: readonly GpuFigures[] = [
  { ...volta, name: 'Tesla V100-SXM2-16GB', memory: 16_935_682_048 },
  { ...volta, name: 'Tesla V100-SXM2-32GB', memory: 34_089_730_048 },
  { ...ampere, name: 'NVIDIA A100-SXM4-40GB', bandwidth: 1_555_200_000_000, memory: 42_331_013_120 },
  { ...ampere, name: 'NVIDIA A100-SXM4-80GB', bandwidth: 2_039_040_000_000, memory: 85_100_068_864 },
  { ...hopper, name: 'NVIDIA H100 80GB HBM3', bandwidth: 3_352_320_000_000, memory: 84_942_979_072 },
  { ...hopper, name: 'NVIDIA H200 141GB HBM3e', bandwidth: 4_800_000_000_000, memory: 151_397_597_184 },
]

/**
 * A declared memory may differ from the driver's by this fraction: data sheets round, and some subtract what the driver reserves.
 */
const memoryTolerance = 0.05

/** The GPU with the declared compute capability and memory; `undefined` if the table has none. */
export function findGpu(compute: number, memory: number): GpuFigures | undefined {
  const alike = gpuTable.filter(
    (gpu) => showCompute(gpu) === compute.toFixed(1) && Math.abs(memory - gpu.memory) <= memoryTolerance * gpu.memory,
  )
  return alike.toSorted((a, b) => Math.abs(memory - a.memory) - Math.abs(memory - b.memory))[0]
}

/** `7.0` */
export function showCompute({ compute: [major, minor] }: GpuFigures): string {
  return `${major}.${minor}`
}
