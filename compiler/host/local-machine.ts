/** This computer and its GPUs, as detected. */

/** A GPU as described by its driver. */
export interface LocalGpu {
  /** The driver's name: `NVIDIA H100 80GB HBM3`. */
  readonly name: string
  /** Bytes. */
  readonly memory: number
  /** CUDA compute capability: 9.0. */
  readonly compute: number
}

/** This computer, as detected. */
export interface LocalMachine {
  readonly gpus: readonly LocalGpu[]
  /** Whether NVLink connects every pair of GPUs. */
  readonly nvlink: boolean
  /** Cores of the CPU, and bytes of its memory. */
  readonly cores: number
  readonly memory: number
}
