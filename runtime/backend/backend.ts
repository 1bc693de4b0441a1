/** What each kind of device needs to run XLA programs: libraries, client options, flags, formulations. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import type { CudaGpu } from '../cuda/driver.ts'
import type { Fetching } from '../events.ts'
import type { XlaFlags } from '../xla/pjrt/cuda-flags.ts'
import type { Options } from '../xla/pjrt/named-value.ts'

/** The devices that a run requests. */
export type DeviceRequest =
  /** Virtual devices of this computer. */
  | { readonly kind: 'cpu'; readonly devices: number }
  | {
      readonly kind: 'cuda'
      readonly gpus: readonly CudaGpu[]
      /** Bytes per card that the plan assumes. */
      readonly memory: number
    }

/** A plugin with all that it needs, ready to be loaded. */
export interface Located {
  /** The plugin library. */
  readonly plugin: string
  /** The flags for compiling the program of a graph with a plugin of this version of the C API, `0.115`. */
  readonly flags: (graph: Graph, api: string) => XlaFlags
  /** The additional dependencies of machine code besides the plugin and the device's name: driver and libraries, by version. */
  readonly identity: string
}

export interface Backend {
  /** Selects the formulation of programs. */
  readonly kind: DeviceKind
  readonly devices: number
  /** Options of PJRT_Client_Create. */
  readonly createOptions: Options
  /**
   * Whether the plugin itself brings several processes together: their clients exchange devices, and their compilers what they have
   * measured, over the run's store. All processes must then compile the same programs in the same order.
   */
  readonly joinsProcesses: boolean
  /**
   * Finds or downloads the plugin and its libraries; `plugin` is a plugin to use instead. Throws ARC6001 to ARC6008, and for CUDA
   * ARC6030 to ARC6036.
   */
  locate(
    plugin: string | undefined,
    onProgress: (progress: Fetching) => void,
    onWarning: (message: string) => void,
  ): Promise<Located>
}
