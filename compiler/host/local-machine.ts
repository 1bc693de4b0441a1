/** This computer and its GPUs, as they are found. */

/** A GPU as its driver describes it. */
export interface LocalGpu {
  /** The driver's: `NVIDIA H100 80GB HBM3`. */
  readonly name: string
  /** Bytes. */
  readonly memory: number
  /** CUDA compute capability: 9.0. */
  readonly compute: number
}

/** This computer as it is found. */
export interface LocalMachine {
  readonly gpus: readonly LocalGpu[]
  /** Whether every two of them reach each other over NVLink. */
  readonly nvlink: boolean
  /** Cores of the CPU, and bytes of its memory. */
  readonly cores: number
  readonly memory: number
}
