/** A narrow vision transformer, with patch masks and drop path, on both engines. */
import { expect, test } from 'vitest'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { narrowBatch, narrowPlan, tensorDifference, trainNarrow } from '../helpers/narrow.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const narrowVit = (devices: number, batch: number, optimizer: string) =>
  narrowPlan({
    devices,
    batch,
    classes: 13,
    optimizer,
    backbone: 'vit(width: 32, depth: 2, heads: 4, patch: 28, drop: 0.2, mask: 25%, embedding: 24)',
  })

/** The loss of every step on the same batch. */
async function lossesOfOneBatch(engine: Engine, plan: Plan, steps: number): Promise<number[]> {
  const init = await engine.compile(plan.graphs.init)
  const step = await engine.compile(plan.graphs.step)
  const losses: number[] = []
  let [state = []] = await init.run([[]])
  for (let index = 0; index < steps; index++) {
    const [images, labels, flip] = need(narrowBatch(plan, 0)[0], 'a batch')
    const at: HostTensor = { dtype: 'i32', shape: [], data: Int32Array.of(index) }
    const batch = await Promise.all([images, labels, flip, at].map((t) => engine.upload(0, need(t, 'an input'))))
    const [outputs = []] = await step.run([[...state, ...batch]])
    losses.push((await need(outputs[plan.state.length], 'the loss').read()).data[0] ?? Number.NaN)
    for (const tensor of [...state, ...batch, ...outputs.slice(plan.state.length)]) tensor.dispose()
    state = outputs.slice(0, plan.state.length)
  }
  for (const tensor of state) tensor.dispose()
  init.dispose()
  step.dispose()
  return losses
}

describeOnXla('a narrow vision transformer', () => {
  test('learns the same eight images by heart', async () => {
    const plan = narrowVit(1, 8, 'adamw(lr: 0.002, weight_decay: 0.1)')
    const losses = await withXla(1, (engine) => lossesOfOneBatch(engine, plan, 20))
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(mean(losses.slice(-5))).toBeLessThan(0.6 * mean(losses.slice(0, 5)))
  })

  test('both engines agree on losses, gradient norms and the state after two steps', async () => {
    const plan = narrowVit(1, 4, 'sgd(lr: 0.05)')
    const xla = await withXla(1, (engine) => trainNarrow(engine, plan, 2))
    const tfjs = await createTfjsEngine({ replicas: 1, backend: 'cpu' })
    const other = await trainNarrow(tfjs, plan, 2)
    tfjs.dispose()
    for (const [step, metrics] of xla.metrics.entries())
      metrics.forEach((value, i) => {
        // A flag that is 0 must be 0 on both.
        expect(Math.abs(value - need(other.metrics[step]?.[i], 'a metric'))).toBeLessThanOrEqual(1e-3 * Math.abs(value))
      })
    const far = plan.state.flatMap((spec, i) =>
      xla.state.flatMap((own, replica) => {
        const difference = tensorDifference(need(own[i], 'a tensor'), need(other.state[replica]?.[i], 'a tensor'))
        return difference < 1e-3 ? [] : [`${spec.name} on replica ${replica}: ${difference.toExponential(1)}`]
      }),
    )
    expect(far).toEqual([])
  })
})
