/** The backends by kind of device. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { World } from '../world.ts'
import type { Backend, DeviceRequest } from './backend.ts'
import { cpuBackend } from './cpu.ts'
import { cudaBackend } from './cuda.ts'

type RequestOf<K extends DeviceKind> = Extract<DeviceRequest, { readonly kind: K }>

const backends: { readonly [K in DeviceKind]: (request: RequestOf<K>, world: World) => Backend } = {
  cpu: ({ devices }) => cpuBackend(devices),
  cuda: ({ gpus, memory }, world) => cudaBackend(gpus, memory, world),
}

/** The backend of a request, for this process's place in the world. */
export function backendOf<K extends DeviceKind>(request: RequestOf<K> & { readonly kind: K }, world: World): Backend {
  return backends[request.kind](request, world)
}
