/** The engine `xla` in tests, which is skipped, saying why, where the plugin cannot be had. */
import { describe } from 'vitest'
import { ArccError } from '../../runtime/errors.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { locatePlugin } from '../../runtime/xla/fetch-plugin.ts'

const unavailable = await locatePlugin().then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof ArccError) return `${error.code}: ${error.message}`
    throw error
  },
)

/** A group of tests on real devices. */
export function describeOnXla(name: string, body: () => void): void {
  if (unavailable === undefined) describe(name, body)
  else describe.skip(`${name} (skipped: ${unavailable})`, body)
}

/** Runs `body` on a new engine, and checks that it leaves nothing alive there. */
export async function withXla<T>(replicas: number, body: (engine: XlaEngine) => Promise<T>): Promise<T> {
  const engine = await createXlaEngine({ replicas })
  try {
    const result = await body(engine)
    if (engine.alive !== 0) throw new Error(`${engine.alive} tensors were left on the devices`)
    return result
  } finally {
    engine.dispose()
  }
}
