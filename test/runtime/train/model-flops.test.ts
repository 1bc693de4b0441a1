/** How far a run uses the arithmetic of its devices. */
import { expect, test } from 'vitest'
import type { Plan } from '../../../compiler/plan/plan.ts'
import { modelFlops, modelFlopUtilization } from '../../../runtime/train/model-flops.ts'
import { type NarrowOptions, narrowPlan } from '../../helpers/narrow.ts'

const common: NarrowOptions = { devices: 2, batch: 4, classes: 100, kind: 'cuda' }

/** Peak of both devices, FLOP/s. */
const peakOf = (plan: Plan) => 2 * (plan.run.machine.device.flops.f16 ?? 0)

test('three passes of two operations per multiply-add, over backbone and sampled centers', () => {
  const plan = narrowPlan({ ...common, train: 'precision = f16' })
  const perImage = plan.document.model.multiplyAdds + 24 * 100
  expect(modelFlops(plan)).toBe(6 * 8 * perImage)
  expect(modelFlopUtilization(plan, 0.01)).toBeCloseTo((6 * 8 * perImage) / 0.01 / peakOf(plan), 12)
})

test.each([
  ['recomputation does not count', { train: 'precision = f16, recompute = blocks' }, 100],
  ['each device has all centers', { train: 'precision = f16', centers: 'placement = replicate' }, 100],
])('%s', (_, options, rows) => {
  const plan = narrowPlan({ ...common, ...options })
  const { multiplyAdds } = narrowPlan({ ...common, train: 'precision = f16' }).document.model
  expect(modelFlops(plan)).toBe(6 * 8 * (multiplyAdds + 24 * rows))
})

test.each([
  ['of a CPU', { kind: 'cpu' as const }],
  ['of TF32', { kind: 'cuda' as const }],
])('is unknown where the peak is: %s', (_, options) => {
  expect(modelFlopUtilization(narrowPlan({ ...common, ...options }), 0.01)).toBeUndefined()
})

test('is unknown before the first step', () => {
  expect(modelFlopUtilization(narrowPlan({ ...common, train: 'precision = f16' }), 0)).toBeUndefined()
})
