/** The backends by kind of device. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Backend, DeviceRequest } from './backend.ts'
import { cpuBackend } from './cpu.ts'
import { cudaBackend } from './cuda.ts'

type RequestOf<K extends DeviceKind> = Extract<DeviceRequest, { readonly kind: K }>

const backends: { readonly [K in DeviceKind]: (request: RequestOf<K>) => Backend } = {
  cpu: ({ devices }) => cpuBackend(devices),
  cuda: ({ gpus, memory }) => cudaBackend(gpus, memory),
}

/** The backend of a request. */
export function backendOf<K extends DeviceKind>(request: RequestOf<K> & { readonly kind: K }): Backend {
  return backends[request.kind](request)
}
