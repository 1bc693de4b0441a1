/** The engine of the kit's programs, with the plugin that `run-kit.ts` names in the environment: on GPUs where the driver shows some. */
import { findCudaDriver } from '../../runtime/cuda/driver.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'

/** What the driver and the libraries take of a card, in bytes: the `reserve` of the standard library's largest cards. */
const reserve = 1.6 * 2 ** 30

export function openEngine(devices: number): Promise<XlaEngine> {
  const driver = findCudaDriver()
  if (!driver.found) return createXlaEngine({ replicas: devices })
  const gpus = driver.gpus.slice(0, devices)
  const memory = Math.min(...gpus.map((gpu) => gpu.memory)) - reserve
  return createXlaEngine({ replicas: devices, devices: { kind: 'cuda', gpus, memory } })
}
