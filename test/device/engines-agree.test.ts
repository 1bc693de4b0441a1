/** Three whole training steps of a narrow IResNet with sharded centers on both engines. */
import { expect, test } from 'vitest'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowText } from '../helpers/narrow.ts'
import { runDifferences, runOf } from '../helpers/run.ts'
import { withXla } from '../helpers/xla.ts'

test('xla and tfjs agree to 1e-4 on losses, gradient norms and the whole state after three steps', async () => {
  const text = narrowText({ devices: 2, batch: 3, classes: 13 })
  const xla = await withXla(2, (engine) => runOf(text, { engine, steps: 3 }))
  const tfjs = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
  const other = await runOf(text, { engine: tfjs, steps: 3 })
  expect(tfjs.alive).toBe(0)
  tfjs.dispose()
  expect(runDifferences(xla, other, 1e-4)).toEqual([])
}, 120_000)
