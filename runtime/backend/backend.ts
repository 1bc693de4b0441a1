/** What a kind of device takes to run programs of XLA on it: libraries, options of its client, flags, formulations. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import type { CudaGpu } from '../cuda/driver.ts'
import type { Fetching } from '../events.ts'
import type { XlaFlags } from '../xla/pjrt/cuda-flags.ts'
import type { Options } from '../xla/pjrt/named-value.ts'

/** Which devices a run wants. */
export type DeviceRequest =
  /** Virtual devices of this computer. */
  | { readonly kind: 'cpu'; readonly devices: number }
  | {
      readonly kind: 'cuda'
      readonly gpus: readonly CudaGpu[]
      /** Bytes of one card that the plan counts on. */
      readonly memory: number
    }

/** A plugin with all that it needs, ready to be loaded. */
export interface Located {
  /** The plugin library. */
  readonly plugin: string
  /** The flags with which the program of a graph is compiled. */
  readonly flags: (graph: Graph) => XlaFlags
  /** What machine code depends on beyond the plugin itself and the device's name: driver and libraries, by version. */
  readonly identity: string
}

export interface Backend {
  /** Programs are formulated for it. */
  readonly kind: DeviceKind
  readonly devices: number
  /** Options of PJRT_Client_Create. */
  readonly createOptions: Options
  /**
   * Finds the plugin and its libraries, or fetches them; `plugin` is one to use instead. Throws ARC6001 to ARC6008, and for CUDA
   * ARC6030 to ARC6036.
   */
  locate(plugin: string | undefined, onProgress: (progress: Fetching) => void): Promise<Located>
}
