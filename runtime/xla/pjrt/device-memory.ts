/** The statistics of a device's allocator. */
import { need } from '../../../grammar/diagnostic.ts'
import type { PjrtClient } from './client.ts'
import { PjrtError } from './errors.ts'

/** The maximum number of bytes in use at once on a device of this process; `undefined` if the platform does not count. */
export function peakMemory(client: PjrtClient, device: number): number | undefined {
  const { library } = client
  if (!library.has('PJRT_Device_MemoryStats')) return undefined
  try {
    const stats = library.call('PJRT_Device_MemoryStats', { device: need(client.devices[device], `device ${device}`) })
    return stats.get('peak_bytes_in_use_is_set') ? stats.get('peak_bytes_in_use') : undefined
  } catch (error) {
    // The CPU plugin has the method, but returns that it is not implemented.
    if (error instanceof PjrtError) return undefined
    throw error
  }
}
