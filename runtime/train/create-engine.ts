/** Makes the engine of a run, on virtual devices of this computer where no others are named. Each is loaded only when it is wanted. */
import type { DeviceRequest } from '../backend/backend.ts'
import type { Engine, EngineName } from '../engine.ts'
import type { RunEvent } from '../events.ts'
import type { World } from '../world.ts'

export async function createEngine(
  name: EngineName,
  world: World,
  onEvent: (event: RunEvent) => void,
  devices?: DeviceRequest,
): Promise<Engine> {
  switch (name) {
    case 'xla': {
      const { createXlaEngine } = await import('../xla/engine.ts')
      return createXlaEngine({
        world,
        ...(devices === undefined ? {} : { devices }),
        onProgress: (progress) => onEvent({ type: 'fetch', ...progress }),
      })
    }
    case 'tfjs': {
      const { createTfjsEngine } = await import('../tfjs/engine.ts')
      return createTfjsEngine({ world })
    }
  }
}
