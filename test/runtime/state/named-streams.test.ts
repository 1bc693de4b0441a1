/** State copied from the devices: in class order, without padding, as it is stored. */
import { expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import type { HostTensor } from '../../../runtime/engine.ts'
import { DeviceState } from '../../../runtime/state/device-state.ts'
import { tableStreams } from '../../../runtime/state/named-streams.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { decode } from '../../helpers/host-tensor.ts'
import { type NarrowOptions, narrowPlan } from '../../helpers/narrow.ts'
import { wholeOf } from '../../helpers/whole-stream.ts'

const declarations = `
backbone flat() on Image(12, 12, 3) -> Vector(4) { input |> flatten |> linear(4) as fc }`

/** The class tables of the initial state: those of classes [start, start + count). */
async function readTables(options: Pick<NarrowOptions, 'devices' | 'centers'>, start = 0, count = 11) {
  const plan = narrowPlan({ ...options, batch: 2, classes: 11, declarations, backbone: 'flat()' })
  const engine = await createTfjsEngine({ world: oneProcess(plan.replicas), backend: 'cpu' })
  const init = await engine.compile(plan.graphs.init)
  const state = new DeviceState(plan, await init.run(Array.from({ length: plan.replicas }, () => [])))
  const tables = new Map<string, HostTensor>()
  for (const [name, stream] of tableStreams(state, { start, count })) tables.set(name, await wholeOf(stream))
  state.dispose()
  init.dispose()
  expect(engine.alive).toBe(0)
  engine.dispose()
  return (name: string) => need(tables.get(name), name)
}

const plain = await readTables({ devices: 1, centers: '' })
const centers = Array.from(plain('centers').data)

test.each([
  ['shard', 2, 'f32', ''],
  ['shard', 2, 'f32', ', chunk = 4 rows'],
  ['shard', 4, 'f32', ', chunk = 2 rows'],
  ['replicate', 2, 'f32', ', chunk = 3 rows'],
])('%s on %i devices, %s%s: the centers of one device', async (placement, devices, weights, chunk) => {
  const options = { devices, centers: `placement = ${placement}, weights = ${weights}${chunk}` }
  const read = await readTables(options)
  expect(read('centers').shape).toEqual([11, 4])
  expect(Array.from(read('centers').data)).toEqual(centers)
  expect(read('centers.velocity').shape).toEqual([11, 4])
  const part = await readTables(options, 4, 5)
  expect(Array.from(part('centers').data)).toEqual(centers.slice(16, 36))
})

test('bf16 and int8: the stored bits, with their scales', async () => {
  const read = await readTables({ devices: 2, centers: 'weights = bf16, state = int8, chunk = 4 rows' })
  const stored = read('centers')
  expect(stored).toMatchObject({ dtype: 'bf16', shape: [11, 4] })
  decode('bf16', stored.data).forEach((value, i) => {
    expect(Math.abs(value - (centers[i] ?? Number.NaN))).toBeLessThanOrEqual(2 ** -8 * Math.abs(value))
  })
  expect(read('centers.velocity')).toMatchObject({ dtype: 'i8', shape: [11, 4] })
  expect(read('centers.velocity.factor')).toMatchObject({ dtype: 'f32', shape: [11, 1] })
})
