/** State copied from the devices: in class order, without padding, weights in f32 independent of their stored type. */
import { expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import type { HostTensor } from '../../../runtime/engine.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { DeviceState } from '../../../runtime/train/device-state.ts'
import { weightStreams, wholeOf } from '../../../runtime/train/weights.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { decode } from '../../helpers/host-tensor.ts'
import { type NarrowOptions, narrowPlan } from '../../helpers/narrow.ts'

const declarations = `
backbone flat() on Image(12, 12, 3) -> Vector(4) { input |> flatten |> linear(4) as fc }`

async function readAll(options: Pick<NarrowOptions, 'devices' | 'centers' | 'train'>) {
  const plan = narrowPlan({ ...options, batch: 2, classes: 11, declarations, backbone: 'flat()' })
  const engine = await createTfjsEngine({ world: oneProcess(plan.replicas), backend: 'cpu' })
  const init = await engine.compile(plan.graphs.init)
  const tensors = await init.run(Array.from({ length: plan.replicas }, () => []))
  for (const [index, { role, shape }] of plan.state.entries()) {
    if (role !== 'average') continue
    // At first an average is its weight.
    const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(7)
    for (const [replica, own] of tensors.entries()) {
      need(own[index], 'an average').dispose()
      own[index] = await engine.upload(replica, { dtype: 'f32', shape, data })
    }
  }
  const state = new DeviceState(plan, tensors)
  const raw = await Promise.all(
    plan.state.map(({ dtype }, i) => wholeOf({ dtype, shape: state.shapeOf(i), pieces: () => state.pieces(i) })),
  )
  const weights = new Map<string, HostTensor>()
  for (const [name, stream] of weightStreams(plan, state, { centers: true })) weights.set(name, await wholeOf(stream))
  state.dispose()
  init.dispose()
  expect(engine.alive).toBe(0)
  engine.dispose()
  const byName = (name: string) => need(raw[plan.state.findIndex((spec) => spec.name === name)], name)
  return { byName, weights }
}

const plain = await readAll({ devices: 1, centers: '' })
const centers = Array.from(need(plain.weights.get('centers'), 'the centers').data)

test.each([
  ['shard', 2, 'f32', ''],
  ['shard', 2, 'f32', ', chunk = 4 rows'],
  ['shard', 4, 'f32', ', chunk = 2 rows'],
  ['replicate', 2, 'f32', ', chunk = 3 rows'],
])('%s on %i devices, %s%s: the centers of one device', async (placement, devices, weights, chunk) => {
  const read = await readAll({ devices, centers: `placement = ${placement}, weights = ${weights}${chunk}` })
  const own = need(read.weights.get('centers'), 'the centers')
  expect(own.shape).toEqual([11, 4])
  expect(Array.from(own.data)).toEqual(centers)
  expect(read.byName('centers.velocity').shape).toEqual([11, 4])
})

test('bf16 and int8: bits in the state, f32 among the weights', async () => {
  const read = await readAll({ devices: 2, centers: 'weights = bf16, state = int8, chunk = 4 rows' })
  const stored = read.byName('centers')
  expect(stored).toMatchObject({ dtype: 'bf16', shape: [11, 4] })
  const own = need(read.weights.get('centers'), 'the centers')
  expect(own.dtype).toBe('f32')
  expect(Array.from(own.data)).toEqual(decode('bf16', stored.data))
  own.data.forEach((value, i) => {
    expect(Math.abs(value - (centers[i] ?? Number.NaN))).toBeLessThanOrEqual(2 ** -8 * Math.abs(value))
  })
  expect(read.byName('centers.velocity')).toMatchObject({ dtype: 'i8', shape: [11, 4] })
  expect(read.byName('centers.velocity.factor')).toMatchObject({ dtype: 'f32', shape: [11, 1] })
})

test('averages are the weights that are saved', async () => {
  const read = await readAll({ devices: 1, centers: '', train: 'average = ema()' })
  expect([...read.weights.keys()]).toEqual(['fc.weight', 'fc.bias', 'centers'])
  const values = [...read.weights].flatMap(([name, { data }]) => (name === 'centers' ? [] : Array.from(data)))
  expect(new Set(values)).toEqual(new Set([7]))
})
