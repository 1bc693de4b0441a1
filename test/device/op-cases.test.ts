/** Every op case on the engine `xla` against the reference evaluator. */
import { afterAll, expect, it } from 'vitest'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { caseDifferences, openOnEngine } from '../helpers/run-graph.ts'
import { describeOnXla } from '../helpers/xla.ts'
import { allOpCases } from '../ops/all-op-cases.ts'

const engines = new Map<number, Promise<XlaEngine>>()

let cuda: Promise<XlaEngine> | undefined

function engineOf(replicas: number): Promise<XlaEngine> {
  const known = engines.get(replicas) ?? createXlaEngine({ world: oneProcess(replicas) })
  engines.set(replicas, known)
  return known
}

describeOnXla('op cases on xla', () => {
  for (const opCase of allOpCases) {
    it(`${opCase.kind} ${opCase.name}`, async () => {
      const engine = await engineOf(opCase.replicas)
      expect(await caseDifferences(opCase, openOnEngine(engine))).toEqual([])
      expect(engine.alive).toBe(0)
    })
  }

  // What is written for CUDA runs here too, if slowly.
  for (const opCase of allOpCases.filter(({ kind }) => kind.startsWith('conv2d') || kind === 'dot_general')) {
    it(`${opCase.kind} ${opCase.name}, as written for CUDA`, async () => {
      cuda ??= createXlaEngine({ world: oneProcess(1), writeFor: 'cuda' })
      expect(await caseDifferences(opCase, openOnEngine(await cuda))).toEqual([])
    })
  }

  afterAll(async () => {
    ;(await cuda)?.dispose()
    for (const engine of engines.values()) (await engine).dispose()
  })
})
