/** Flags of XLA that depend on the program. */
import { expect, it } from 'vitest'
import { cudaFlags } from '../../../../runtime/xla/pjrt/cuda-flags.ts'
import { planOf } from '../../../helpers/plan.ts'
import { experimentText } from '../../../helpers/resolve.ts'

it.each([
  ['none', undefined],
  ['cheap', false],
  ['blocks', false],
])('recompute = %s: the scheduler that hides communication is %s', (recompute, scheduler) => {
  const { graphs } = planOf(experimentText(`train.recompute = ${recompute}, train.batch = 64 per device`), {
    experiment: 'run',
  })
  expect(cudaFlags(graphs.step).xla_gpu_enable_latency_hiding_scheduler).toBe(scheduler)
  expect(cudaFlags(graphs.step).xla_allow_excess_precision).toBe(false)
  expect(cudaFlags(graphs.embed)).toEqual({ xla_allow_excess_precision: false })
})
