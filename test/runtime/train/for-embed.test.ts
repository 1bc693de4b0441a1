/** The state that verification reads: each device's own weights, and the running statistics that are saved. */
import { expect, test } from 'vitest'
import { elementCount } from '../../../compiler/ir/dtype.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { DeviceState } from '../../../runtime/state/device-state.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const declarations = `
backbone flat() on Image(112, 112, 3) -> Vector(4) { input |> flatten |> linear(4) as fc |> batch_norm as norm }`

test('the statistics of the first device, on all of them', async () => {
  const plan = narrowPlan({ devices: 2, batch: 2, classes: 11, declarations, backbone: 'flat()' })
  const engine = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
  const init = await engine.compile(plan.graphs.init)
  const tensors = await init.run([[], []])
  // As after a few steps with local batch normalization: each device has its own statistics.
  for (const [replica, all] of tensors.entries()) {
    for (const [index, spec] of plan.state.entries()) {
      if (spec.role !== 'buffer') continue
      const own = need(all[index], spec.name)
      const { dtype, shape } = own
      own.dispose()
      const data = new Float32Array(elementCount(shape)).fill(replica + 1)
      all[index] = await engine.upload(replica, { dtype, shape, data })
    }
  }
  const state = new DeviceState(plan, tensors)
  const { of, release } = await state.forEmbed(engine)
  for (const own of of) {
    for (const [at, index] of plan.embedState.entries()) {
      if (plan.state[index]?.role !== 'buffer') continue
      expect(new Set((await need(own[at], 'a buffer').read()).data)).toEqual(new Set([1]))
    }
  }
  // Mean and variance of the only normalization are in one tensor.
  const buffers = plan.embedState.filter((index) => plan.state[index]?.role === 'buffer')
  expect(buffers).toHaveLength(1)
  release()
  state.dispose()
  init.dispose()
  expect(engine.alive).toBe(0)
  engine.dispose()
})
