/** The time model against arcc's own steps on one H100 (`docs/gpu.md`): 128 images, f16, 10,000 classes, milliseconds. */
import { expect, it } from 'vitest'
import { planOf } from '../../helpers/plan.ts'

const text = (net: string) => `
use std.backbones: ${net}
use std.datasets: synthetic
use std.machines: dgx_h100
use std.margins: cosface

experiment speed {
  dataset  = synthetic(identities: 10000, per_identity: 10)
  backbone = ${net}
  margin   = cosface(m: 0.4)
  machine  = dgx_h100(nodes: 1)
  machine.devices_per_node = 1
  train {
    batch = 128 per device, epochs = 1, precision = f16, clip = 5
    optimizer = sgd(lr: 0.02, weight_decay: 5e-4)
  }
}`

it.each([
  ['r50', 18.1],
  ['r100', 31.0],
  ['mbf', 7.94],
] as const)('%s within a fifth', (net, measured) => {
  const { time } = planOf(text(net)).document
  expect((time.secondsPerStep * 1000) / measured).toBeGreaterThan(0.8)
  expect((time.secondsPerStep * 1000) / measured).toBeLessThan(1.2)
  expect(time.basis).toContain('H100')
})
