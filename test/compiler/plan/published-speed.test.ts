/** The time model against published training speeds: PLSC's static-graph f16 training of IResNets at batch 128, images/s per GPU. */
import { expect, it } from 'vitest'
import { planOf } from '../../helpers/plan.ts'

const text = (net: string, machine: string) => `
use std.backbones: ${net}
use std.datasets: synthetic
use std.machines: dgx_v100, dgx_a100
use std.margins: cosface

machine one_a100 {
  devices_per_node = 1, device = dgx_a100.device
  links { within = nvlink(300 GB/s) }
}

experiment speed {
  dataset  = synthetic(identities: 93431, per_identity: 55)
  backbone = ${net}
  margin   = cosface(m: 0.4)
  machine  = ${machine}
  centers { sample_rate = 10% }
  train {
    batch = 128 per device, epochs = 1, precision = f16, clip = 5
    optimizer = sgd(lr: 0.1, weight_decay: 5e-4)
  }
}`

it.each([
  ['r50', 'dgx_v100', 6550 / 8],
  ['r100', 'dgx_v100', 3900 / 8],
  ['r50', 'one_a100', 1700],
  ['r100', 'one_a100', 1100],
] as const)('%s on %s', (net, machine, published) => {
  const { machine: planned, time } = planOf(text(net, machine)).document
  const perDevice = time.samplesPerSecond / (planned.nodes * planned.devicesPerNode)
  expect(perDevice / published).toBeGreaterThan(0.9)
  expect(perDevice / published).toBeLessThan(1.1)
  expect(time.bound).toBe('compute')
})
