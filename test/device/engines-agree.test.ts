/** Three whole training steps of a narrow IResNet with sharded centers on both engines. */
import { expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowText } from '../helpers/narrow.ts'
import { runOf, tensorDifference } from '../helpers/run.ts'
import { withXla } from '../helpers/xla.ts'

test('xla and tfjs agree to 1e-4 on losses, gradient norms and the whole state after three steps', async () => {
  const text = narrowText({ devices: 2, batch: 3, classes: 13 })
  const xla = await withXla(2, (engine) => runOf(text, { engine, steps: 3 }))
  const tfjs = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
  const other = await runOf(text, { engine: tfjs, steps: 3 })
  expect(tfjs.alive).toBe(0)
  tfjs.dispose()
  for (const [step, metrics] of xla.metrics.entries()) {
    metrics.forEach((value, i) => {
      expect(
        Math.abs(value - need(other.metrics[step]?.[i], 'a metric')) / Math.max(1e-3, Math.abs(value)),
      ).toBeLessThan(1e-4)
    })
  }
  const far = xla.plan.state.flatMap((spec, i) =>
    xla.state.flatMap((own, replica) => {
      const difference = tensorDifference(need(own[i], 'a tensor'), need(other.state[replica]?.[i], 'a tensor'))
      return difference < 1e-4 ? [] : [`${spec.name} on replica ${replica}: ${difference.toExponential(1)}`]
    }),
  )
  expect(far).toEqual([])
}, 120_000)
