/** The time of a step on a CPU with arcc's own kernels: nothing within a kernel takes time but its products. */
import { expect, test } from 'vitest'
import { cpuExperiment } from '../../../bench/cpu-networks.ts'
import { kernelRates } from '../../../compiler/plan/kernel-rates.ts'
import { machineRates } from '../../../compiler/plan/time.ts'
import { runOnPaper } from '../../../compiler/plan/timeline.ts'
import { findKernelCalls } from '../../../compiler/stablehlo/kernel-calls.ts'
import { planOf } from '../../helpers/plan.ts'

function bothTimes(network: 'r18' | 'vit_t') {
  const { text } = cpuExperiment(network, 16)
  const { graphs, run } = planOf(text)
  const { device, links } = machineRates(run.machine, undefined)
  const own = kernelRates(device, graphs.step)
  const [plain, native] = [device, own].map((rates) => runOnPaper(graphs.step, rates, links))
  return { plain, native, step: graphs.step, isSame: own === device }
}

test('attention and layer normalizations of a vision transformer read and write their operands and results alone', () => {
  const { plain, native, step } = bothTimes('vit_t')
  expect(findKernelCalls(step).at.size).toBeGreaterThan(70)
  expect(native?.busy.compute).toBeCloseTo(plain?.busy.compute ?? Number.NaN, 12)
  expect(native?.busy.memory).toBeLessThan(0.5 * (plain?.busy.memory ?? 0))
  expect(native?.busy.memory).toBeGreaterThan(0.1 * (plain?.busy.memory ?? 0))
})

test('a network without such kernels takes the same time', () => {
  expect(bothTimes('r18').isSame).toBe(true)
})
