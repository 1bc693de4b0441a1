/**
 * Creates the engine of a run; default devices are virtual devices of this computer, and default peers this process alone. Engines
 * are loaded on demand.
 */
import type { DeviceRequest } from '../backend/backend.ts'
import type { Engine } from '../engine.ts'
import type { EngineName } from '../engine-name.ts'
import type { Emit } from '../events.ts'
import type { Peers } from '../peers/peers.ts'
import type { World } from '../world.ts'

export async function createEngine(
  name: EngineName,
  world: World,
  onEvent: Emit,
  devices?: DeviceRequest,
  peers?: Peers,
): Promise<Engine> {
  switch (name) {
    case 'xla': {
      const { createXlaEngine } = await import('../xla/engine.ts')
      return createXlaEngine({
        world,
        ...(devices === undefined ? {} : { devices }),
        ...(peers === undefined ? {} : { peers }),
        onProgress: (progress) => onEvent({ type: 'fetch', ...progress }),
        onWarning: (message) => onEvent({ type: 'warning', message }),
      })
    }
    case 'tfjs': {
      const { createTfjsEngine } = await import('../tfjs/engine.ts')
      return createTfjsEngine({ world })
    }
  }
}
