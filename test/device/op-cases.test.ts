/** Every op case on the engine `xla` against the reference evaluator. */
import { afterAll, describe, expect, it } from 'vitest'
import { type DeviceKind, deviceKinds } from '../../compiler/ir/device-kind.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { emitModule } from '../helpers/emit-module.ts'
import type { OpCase } from '../helpers/op-case.ts'
import { caseDifferences, openOnEngine } from '../helpers/run-graph.ts'
import { describeOnXla } from '../helpers/xla.ts'
import { allOpCases } from '../ops/all-op-cases.ts'

const engines = new Map<string, Promise<XlaEngine>>()

function engineOf(replicas: number, writeFor: DeviceKind): Promise<XlaEngine> {
  const key = `${replicas} ${writeFor}`
  const known = engines.get(key) ?? createXlaEngine({ world: oneProcess(replicas), writeFor })
  engines.set(key, known)
  return known
}

const differences = new Map<string, Promise<string[]>>()

/** A case's differences from the reference. Most are written for all kinds of devices alike; the same program gives the same answer. */
function differencesOf(opCase: OpCase, kind: DeviceKind): Promise<string[]> {
  const key = `${opCase.name}\n${emitModule(opCase.graph(), { platform: kind })}`
  const run = async () => {
    const engine = await engineOf(opCase.replicas, kind)
    const found = await caseDifferences(opCase, openOnEngine(engine))
    expect(engine.alive).toBe(0)
    return found
  }
  const known = differences.get(key) ?? run()
  differences.set(key, known)
  return known
}

describeOnXla('op cases on xla', () => {
  // What is written for CUDA runs on the CPU too, if slowly.
  for (const kind of deviceKinds) {
    describe(`written for ${kind}`, () => {
      for (const opCase of allOpCases) {
        it(`${opCase.kind} ${opCase.name}`, async () => {
          expect(await differencesOf(opCase, kind)).toEqual([])
        })
      }
    })
  }

  afterAll(async () => {
    for (const engine of engines.values()) (await engine).dispose()
  })
})
