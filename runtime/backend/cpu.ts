/** XLA on this computer's CPU, which provides any number of virtual devices. */
import { recomputes } from '../../compiler/ir/recompute.ts'
import { locatePlugin } from '../plugins/fetch-plugin.ts'
import type { XlaFlags } from '../xla/pjrt/cuda-flags.ts'
import type { Backend } from './backend.ts'

/**
 * Ops run in an order that saves memory. XLA's own order, for concurrency, takes up to a third more memory and no less time: each large
 * op uses all cores anyway. Where a program recomputes, its barriers set the order, and XLA's own takes less.
 */
const flags: XlaFlags = { xla_cpu_scheduler_type: 'CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED' }
/** The first version of the C API, 0.115, with a plugin that knows these flags; others refuse flags that they do not know. */
const knownSince = 115

const minorOf = (api: string) => Number(api.split('.')[1])

export function cpuBackend(devices: number): Backend {
  return {
    kind: 'cpu',
    devices,
    createOptions: { cpu_device_count: { integer: devices } },
    joinsProcesses: false,
    async locate(plugin, onProgress, onWarning) {
      const path = await locatePlugin(plugin, (event) => onProgress({ what: 'the XLA plugin', ...event }), onWarning)
      return {
        plugin: path,
        flags: (graph, api) => (minorOf(api) >= knownSince && !recomputes(graph) ? flags : {}),
        identity: '',
      }
    },
  }
}
