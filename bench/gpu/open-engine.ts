/** The engine of the kit's programs: the plugin that `run-kit.ts` names in the environment, on so many devices. */
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'

export function openEngine(devices: number): Promise<XlaEngine> {
  return createXlaEngine({ replicas: devices })
}
