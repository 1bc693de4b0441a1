/** The xla engine for tests; where the plugin cannot be had, its tests are skipped with the reason. */
import type { Engine } from '../../runtime/engine.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'

/** Runs `body` with an engine of so many replicas, and sees that nothing is left on it. */
export async function withXla<T>(replicas: number, body: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await createXlaEngine({ replicas })
  try {
    const result = await body(engine)
    if (engine.alive !== 0) throw new Error(`${engine.alive} tensors were left on the devices`)
    return result
  } finally {
    engine.dispose()
  }
}
