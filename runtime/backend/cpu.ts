/** XLA on this computer's CPU, which provides any number of virtual devices. */
import { locatePlugin } from '../plugins/fetch-plugin.ts'
import type { Backend } from './backend.ts'

export function cpuBackend(devices: number): Backend {
  return {
    kind: 'cpu',
    devices,
    createOptions: { cpu_device_count: { integer: devices } },
    async locate(plugin, onProgress, onWarning) {
      const path = await locatePlugin(plugin, (event) => onProgress({ what: 'the XLA plugin', ...event }), onWarning)
      return { plugin: path, flags: () => ({}), identity: '' }
    },
  }
}
