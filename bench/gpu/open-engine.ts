/** The engine of the kit's programs: on GPUs of this computer, or in a rehearsal (`PLUGIN=cpu`) on virtual devices. */
import type { DeviceRequest } from '../../runtime/backend/backend.ts'
import { findCudaDriver } from '../../runtime/cuda/driver.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { xlaError } from '../../runtime/xla/pjrt/errors.ts'

/** The bytes of a card that the engine leaves to others. */
type Left = (card: number) => number

/** Checks are small: half a card is more than they need, and other processes may need the rest. */
const halfTheCard: Left = (card) => card / 2

function requestOf(devices: number, left: Left): DeviceRequest {
  if (process.env.PLUGIN === 'cpu') return { kind: 'cpu', devices }
  const driver = findCudaDriver()
  const gpus = driver.found ? driver.gpus.slice(0, devices) : []
  if (gpus.length < devices) throw xlaError('ARC6007', { wanted: devices, found: gpus.length, platform: 'cuda' })
  return { kind: 'cuda', gpus, memory: Math.min(...gpus.map(({ memory }) => memory - left(memory))) }
}

/** Throws ARC6007 if there are fewer GPUs. */
export function openEngine(devices: number, left: Left = halfTheCard): Promise<XlaEngine> {
  return createXlaEngine({ world: oneProcess(devices), devices: requestOf(devices, left) })
}
