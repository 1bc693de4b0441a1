/** The engine `xla` in tests, which is skipped, saying why, where the plugin cannot be had. */
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import { need } from '../../grammar/diagnostic.ts'
import { ArccError } from '../../runtime/errors.ts'
import { locatePlugin } from '../../runtime/plugins/fetch-plugin.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'

/** Milliseconds: tests of a file compile the same programs again, so that all but the quickest are kept. */
const cacheAbove = 50

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
export async function withXla<T>(
  replicas: number,
  body: (engine: XlaEngine) => Promise<T>,
  writeFor: DeviceKind = 'cpu',
): Promise<T> {
  const engine = await createXlaEngine({ world: oneProcess(replicas), writeFor, cacheAbove })
  try {
    const result = await body(engine)
    if (engine.alive !== 0) throw new Error(`${engine.alive} tensors were left on the devices`)
    return result
  } finally {
    engine.dispose()
  }
}

/**
 * Engines for a group of tests, one for each world size; what they leave alive fails the group. What is written for CUDA runs on the
 * CPU too.
 */
export function xlaEngines(
  worldSizes: readonly number[],
  writeFor: DeviceKind = 'cpu',
): (worldSize: number) => XlaEngine {
  const engines = new Map<number, XlaEngine>()
  beforeAll(async () => {
    for (const replicas of worldSizes)
      engines.set(replicas, await createXlaEngine({ world: oneProcess(replicas), writeFor, cacheAbove }))
  })
  afterAll(() => {
    for (const engine of engines.values()) {
      expect(engine.alive).toBe(0)
      engine.dispose()
    }
  })
  return (worldSize) => need(engines.get(worldSize), `an engine of ${worldSize} devices`)
}
