/** Every op case on the TensorFlow.js engine, against the reference evaluator. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../../../runtime/engine.ts'
import { createTfjsEngine, type TfjsOptions } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { difference } from '../../helpers/host-tensor.ts'
import { isInstalled } from '../../helpers/is-installed.ts'
import type { OpCase } from '../../helpers/op-case.ts'
import { evaluate } from '../../helpers/reference.ts'
import { refusedCases, supportedCases, tfjsCases } from '../../ops/tfjs-cases.ts'

async function runCase(engine: Engine, c: OpCase): Promise<HostTensor[][]> {
  const executable = await engine.compile(c.graph())
  const inputs = await Promise.all(
    c.inputs.map((own, replica) => Promise.all(own.map((t) => engine.upload(replica, t)))),
  )
  const outputs = await executable.run(inputs)
  const read = await Promise.all(outputs.map((own) => Promise.all(own.map((tensor) => tensor.read()))))
  for (const tensor of [...inputs, ...outputs].flat()) tensor.dispose()
  executable.dispose()
  return read
}

/** If tensors are not in host memory, TensorFlow.js kernels move the data; the JavaScript backend can run those too. */
const setups: readonly (Omit<TfjsOptions, 'world'> & { readonly title: string })[] = [
  { title: 'JavaScript backend, loops of our own', backend: 'cpu', ownLoops: true },
  { title: 'JavaScript backend, kernels only', backend: 'cpu', ownLoops: false },
  { title: '@tensorflow/tfjs-node, where it is installed', backend: 'node' },
]

for (const { title, ...options } of setups) {
  describe.skipIf(options.backend === 'node' && !isInstalled('@tensorflow/tfjs-node'))(title, () => {
    const engines = new Map<number, Engine>()
    beforeAll(async () => {
      for (const { replicas } of tfjsCases) {
        if (!engines.has(replicas)) {
          engines.set(replicas, await createTfjsEngine({ ...options, world: oneProcess(replicas) }))
        }
      }
    })
    afterAll(() => {
      for (const engine of engines.values()) expect(engine.alive).toBe(0)
    })
    const engineFor = (c: OpCase) => need(engines.get(c.replicas), 'an engine')

    test.each(supportedCases)('$name', async (c) => {
      const wanted = evaluate(c.graph(), c.inputs)
      const actual = await runCase(engineFor(c), c)
      actual.forEach((outputs, replica) => {
        outputs.forEach((output, i) => {
          expect(difference(output, need(wanted[replica]?.[i], 'an output'), c.tolerance)).toBeUndefined()
        })
      })
      expect(actual.map((outputs) => outputs.length)).toEqual(wanted.map((outputs) => outputs.length))
    })

    test.each(refusedCases)('refuses f64: $name', async (c) => {
      await expect(engineFor(c).compile(c.graph())).rejects.toMatchObject({ code: 'ARC6021' })
    })
  })
}
