/**
 * A plan for GPUs trains as one for CPUs does, both on the CPU: filters stored otherwise, vectors joined, gradients in groups and in 16
 * bits, gradients behind PReLU computed twice, statistics in one pass.
 */
import { expect, test } from 'vitest'
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import { DeviceState } from '../../runtime/state/device-state.ts'
import { backboneStreams, tableStreams } from '../../runtime/state/named-streams.ts'
import { narrowPlan, narrowText } from '../helpers/narrow.ts'
import { metricOf, runOf, seriesDifference } from '../helpers/run.ts'
import { wholeOf } from '../helpers/whole-stream.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const STEPS = 3
const DEVICES = 2

const optionsOf = (kind: DeviceKind, train = '') => ({ devices: DEVICES, batch: 4, classes: 13, kind, train })

const trainOn = (kind: DeviceKind, train = '') =>
  withXla(DEVICES, (engine) => runOf(narrowText(optionsOf(kind, train)), { engine, steps: STEPS }), kind)

/** The state dict of the beginning. */
const initialWeights = (kind: DeviceKind) =>
  withXla(
    DEVICES,
    async (engine) => {
      const plan = narrowPlan(optionsOf(kind))
      const init = await engine.compile(plan.graphs.init)
      const state = new DeviceState(plan, await init.run(Array.from({ length: DEVICES }, () => [])))
      const weights = new Map<string, unknown>()
      for (const [name, stream] of [...backboneStreams(state), ...tableStreams(state, { start: 0, count: 13 })]) {
        const { shape, data } = await wholeOf(stream)
        weights.set(name, { shape, data: Array.from(data) })
      }
      state.dispose()
      init.dispose()
      return weights
    },
    kind,
  )

describeOnXla('a plan for GPUs', () => {
  test('starts from the same weights, name by name', async () => {
    expect(narrowPlan(optionsOf('cuda')).state.some(({ storage }) => storage === 'ohwi')).toBe(true)
    const [cuda, cpu] = [await initialWeights('cuda'), await initialWeights('cpu')]
    expect([...cuda.keys()].sort()).toEqual([...cpu.keys()].sort())
    for (const [name, tensor] of cpu) expect(cuda.get(name), name).toEqual(tensor)
  }, 120_000)

  test('trains as one for CPUs, and with gradients in 16 bits up to their rounding', async () => {
    const cpu = await trainOn('cpu')
    for (const [train, tolerance] of [
      ['', 1e-4],
      ['reduction = f16', 1e-2],
      ['reduction = bf16', 3e-2],
    ] as const) {
      const cuda = await trainOn('cuda', train)
      for (const metric of ['loss', 'gradient_norm'] as const) {
        const apart = seriesDifference(metricOf(cuda, metric), metricOf(cpu, metric))
        expect(apart, `${metric} ${train}`).toBeLessThan(tolerance)
      }
    }
  }, 180_000)
})
