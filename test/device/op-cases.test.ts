/** Every op case on the engine `xla` against the reference evaluator. */
import { afterAll, describe, expect, it } from 'vitest'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { caseDifferences, openOnEngine } from '../helpers/run-graph.ts'
import { allOpCases } from '../ops/all-op-cases.ts'

const engines = new Map<number, Promise<XlaEngine>>()

function engineOf(replicas: number): Promise<XlaEngine> {
  const known = engines.get(replicas) ?? createXlaEngine({ replicas })
  engines.set(replicas, known)
  return known
}

describe('op cases on xla', () => {
  for (const opCase of allOpCases) {
    it(`${opCase.kind} ${opCase.name}`, async () => {
      const engine = await engineOf(opCase.replicas)
      expect(await caseDifferences(opCase, openOnEngine(engine))).toEqual([])
      expect(engine.alive).toBe(0)
    })
  }

  afterAll(async () => {
    for (const engine of engines.values()) (await engine).dispose()
  })
})
