/** How the devices exchange softmax statistics: gathered where that is faster, all-reduced where its bytes cost more. */
import { describe, expect, it, test } from 'vitest'
import { planOf } from '../../helpers/plan.ts'

interface Setting {
  readonly machine: string
  readonly batch?: string
  readonly margin?: string
  readonly centers?: string
  readonly train?: string
}

function planFor({ machine, batch = '128 per device', margin, centers = '', train = '' }: Setting) {
  return planOf(`use std.datasets: synthetic
use std.machines: cpu, cpu_device, dgx_h100, dgx_v100
use std.margins: cosface
backbone small on Image(112, 112, 3) -> Vector(64) {
  input |> conv(8, kernel: 3, stride: 4) |> batch_norm |> prelu |> flatten |> linear(64)
}
margin one_versus_all(scale: float = 16) {
  loss = sigmoid
  target(cos) = cos - 0.2
}
machine many(bandwidth: bandwidth, nodes: int) {
  nodes = nodes, devices_per_node = 1, device = cpu_device
  links { within = shared_memory(10 GB/s), between = ethernet(bandwidth) }
}
experiment run {
  dataset = synthetic(identities: 200000, per_identity: 8)
  backbone = small
  margin = ${margin ?? 'cosface(m: 0.4, scale: 64)'}
  machine = ${machine}
  centers { ${centers} }
  train { batch = ${batch}, steps = 100, precision = f32, optimizer = sgd(lr: 0.1, momentum: 0.9), ${train} }
}
`)
}

const exchangesOf = (setting: Setting) =>
  planFor(setting)
    .document.collectives.filter(({ what }) => what.startsWith('softmax'))
    .map(({ kind, what, count, bytes, wireBytes }) => [kind, what, count, bytes, wireBytes])

describe('the exchange of', () => {
  it.each([
    ['cpu(devices: 2)', '32 per device', 'gather'],
    ['cpu(devices: 8)', '32 per device', 'gather'],
    ['dgx_h100(nodes: 1)', '128 per device', 'gather'],
    ['dgx_h100(nodes: 2)', '128 per device', 'gather'],
    ['dgx_h100(nodes: 4)', '128 per device', 'reduce'],
    ['dgx_v100(nodes: 8)', '128 per device', 'reduce'],
    ['dgx_h100(nodes: 128)', '128 per device', 'reduce'],
    // The same bytes either way, in fewer rounds.
    ['many(bandwidth: 0.001 GB/s, nodes: 2)', '1000 per device', 'gather'],
    ['many(bandwidth: 0.001 GB/s, nodes: 3)', '1000 per device', 'reduce'],
    ['many(bandwidth: 10 GB/s, nodes: 3)', '10 per device', 'gather'],
  ] as const)('%s with %s is to %s', (machine, batch, chosen) => {
    const { exchange } = planFor({ machine, batch }).document
    expect(exchange?.chosen).toBe(chosen)
    const isFaster = (exchange?.reduce.seconds ?? 0) < (exchange?.gather.seconds ?? 0)
    expect(isFaster).toBe(chosen === 'reduce')
  })

  it('one device, and of devices that have all centers, is none', () => {
    expect(planFor({ machine: 'cpu(devices: 1)' }).document.exchange).toBeUndefined()
    const all = { machine: 'dgx_h100(nodes: 8)', centers: 'placement = replicate', batch: '8 per device' }
    expect(planFor(all).document.exchange).toBeUndefined()
  })

  it('the plan costs what its step does', () => {
    for (const nodes of [1, 4]) {
      const { exchange, collectives } = planFor({ machine: `dgx_h100(nodes: ${nodes})` }).document
      const sent = collectives.filter(({ what }) => what.startsWith('softmax')).map(({ wireBytes }) => wireBytes)
      expect(exchange?.[exchange.chosen].wireBytes).toBe(sent.reduce((sum, bytes) => sum + bytes, 0))
    }
  })
})

const B = 32 * 128
const smoothed = 'label_smoothing = 0.1'

describe('32 devices', () => {
  const machine = 'dgx_h100(nodes: 4)'
  /** Of B rows with n numbers each, and more numbers beside. */
  const sums = (n: number, more = 0) => {
    const bytes = 4 * (n * B + more)
    return ['all_reduce', 'softmax sums', 1, bytes, Math.round((2 * 31 * bytes) / 32)]
  }
  const maxima = ['all_reduce', 'softmax maxima', 1, 4 * B, (2 * 31 * 4 * B) / 32]

  it.each([
    ['maxima, then sums and logits of the own classes', {}, [maxima, sums(2)]],
    ['smoothed, also the sums of the logits', { train: smoothed }, [maxima, sums(3)]],
    [
      'smoothed over a sample, also its classes',
      { train: smoothed, centers: 'sample_rate = 50%' },
      [maxima, sums(3, 1)],
    ],
    ['of a sigmoid, the sums alone', { margin: 'one_versus_all()' }, [sums(1)]],
  ])('exchange %s', (_, setting, wanted) => {
    expect(exchangesOf({ machine, ...setting })).toEqual(wanted)
  })
})

test('bytes grow with the batch alone, and no device has room for the statistics of all', () => {
  const [few, many] = [64, 128].map((nodes) => planFor({ machine: `dgx_h100(nodes: ${nodes})` }))
  const growth = (exchange: 'gather' | 'reduce') =>
    (many?.document.exchange?.[exchange].wireBytes ?? 0) / (few?.document.exchange?.[exchange].wireBytes ?? 1)
  expect(growth('reduce')).toBeCloseTo(2, 2)
  expect(growth('gather')).toBeCloseTo(4, 1)
  const memory = (many?.document.memory.peak ?? 0) - (many?.run.machine.device.reserve ?? 0)
  expect(memory).toBeGreaterThan(0)
  expect(memory).toBeLessThan(12 * 1024 * 1024 * 128)
})
