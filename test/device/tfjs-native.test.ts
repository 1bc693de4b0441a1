/**
 * The engine tfjs on TensorFlow: every op case against the reference evaluator, and three training steps against XLA. What it needs
 * is large: `npm run test:tfjs-native` installs it (270 MB) and runs these tests, which are skipped otherwise.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine } from '../../runtime/engine.ts'
import { ArccError } from '../../runtime/errors.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { installNative } from '../../runtime/tfjs/native/install-native.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowText } from '../helpers/narrow.ts'
import type { OpCase } from '../helpers/op-case.ts'
import { runDifferences, runOf } from '../helpers/run.ts'
import { caseDifferences, openOnEngine } from '../helpers/run-graph.ts'
import { withXla } from '../helpers/xla.ts'
import { refusedCases, supportedCases, tfjsCases } from '../ops/tfjs-cases.ts'

/** `tfjs` or `tfjs-gpu`, which is installed first; the version for GPUs computes on the CPU where there is no GPU. */
const variant = process.env.ARCC_TEST_TFJS

/** Why the tests cannot run; `undefined` if they can. */
async function obstacle(): Promise<string | undefined> {
  if (variant !== 'tfjs' && variant !== 'tfjs-gpu') return 'npm run test:tfjs-native installs TensorFlow and runs them'
  try {
    await installNative(variant)
    return undefined
  } catch (error) {
    if (error instanceof ArccError) return `${error.code}: ${error.message}`
    throw error
  }
}

const backend = variant === 'tfjs-gpu' ? 'native-gpu' : 'native'
const reason = await obstacle()

if (reason !== undefined) describe.skip(`TensorFlow's kernels (skipped: ${reason})`, () => it('compute', () => {}))
else describe("TensorFlow's kernels", nativeTests)

function nativeTests(): void {
  const engines = new Map<number, Engine>()
  beforeAll(async () => {
    for (const size of new Set(tfjsCases.map(({ replicas }) => replicas)))
      engines.set(size, await createTfjsEngine({ backend, world: oneProcess(size) }))
  })
  afterAll(() => {
    for (const engine of engines.values()) expect(engine.alive).toBe(0)
  })
  const engineFor = ({ replicas }: OpCase) => need(engines.get(replicas), 'an engine')

  it('are those of the pinned version', () => {
    expect(need(engines.get(1), 'an engine').description).toMatch(
      /^TensorFlow\.js 4\.22\.0, TensorFlow 2\.21\.0 kernels(?: on the GPU| on the CPU, no GPU is used: .+)?$/,
    )
  })

  it.each(supportedCases)('$name', async (opCase) => {
    expect(await caseDifferences(opCase, openOnEngine(engineFor(opCase)))).toEqual([])
  })

  it.each(refusedCases)('refuse f64: $name', async (opCase) => {
    await expect(engineFor(opCase).compile(opCase.graph())).rejects.toMatchObject({ code: 'ARC6021' })
  })

  it('agree with xla to 1e-4 on losses, gradient norms and the whole state after three training steps', async () => {
    const text = narrowText({ devices: 2, batch: 3, classes: 13 })
    const engine = await createTfjsEngine({ backend, world: oneProcess(2) })
    const native = await runOf(text, { engine, steps: 3 })
    expect(engine.alive).toBe(0)
    const xla = await withXla(2, (other) => runOf(text, { engine: other, steps: 3 }))
    expect(runDifferences(xla, native, 1e-4)).toEqual([])
  })
}
